import { expect, test } from 'vitest'
import type { TargetSpec } from '../../../shared/config/kinds/models/spec.ts'
import type { ProviderSpec } from '../../../shared/config/kinds/providers/spec.ts'
import { addressOf, connectProvider, type Target } from './endpoint.ts'
import { knownOf } from './known-model.ts'
import { spokenTo } from './spoken-dialects.ts'
import { testConnectOptions } from './test-connect.ts'

/** The target as a snapshot makes it. */
function target(spec: Partial<ProviderSpec>, target: Omit<TargetSpec, 'provider'>): Target {
  const connection = connectProvider('p', { kind: 'openai', ...spec }, testConnectOptions())!
  const known = knownOf(connection, { provider: 'p', ...target })
  const spoken = spokenTo(connection, { configured: target.endpoint, known: known.facts.endpoint })
  const health = { inFlight: 0, failuresInRow: 0 }
  return { ...connection, ...spoken, ...known, model: target.model, health }
}

const own = { baseUrl: 'http://10.0.0.5:8000/v1' }
const azure = { kind: 'azure', baseUrl: 'https://example.openai.azure.com' } as const

test.each([
  ['the catalogue', {}, { model: 'gpt-5-codex' }, 'openai-responses'],
  ['its family, newer than the catalogue', {}, { model: 'gpt-9-codex' }, 'openai-responses'],
  ['the catalogue, which has chat for it', {}, { model: 'gpt-5' }, 'openai-chat'],
  ['the catalogue of Azure', azure, { model: 'gpt-5-pro' }, 'openai-responses'],
  ['its base model', azure, { model: 'ours', baseModel: 'azure/gpt-5-codex' }, 'openai-responses'],
  ['the target', own, { model: 'ours', endpoint: 'responses' }, 'openai-responses'],
  ['the target, against the catalogue', {}, { model: 'gpt-5-codex', endpoint: 'chat' }, 'openai-chat'],
  ['nothing', own, { model: 'gpt-5-codex' }, 'openai-chat'],
  ['a server that has nothing else', { ...own, endpoints: ['responses'] }, { model: 'ours' }, 'openai-responses'],
  ['a server that has chat too', { ...own, endpoints: ['chat', 'responses'] }, { model: 'ours' }, 'openai-chat'],
  [
    'a server that is said to have chat alone',
    { ...own, endpoints: ['chat'] },
    { model: 'ours', baseModel: 'openai/gpt-5-codex' },
    'openai-chat',
  ],
  [
    'a host that has no Responses API',
    { baseUrl: 'https://openrouter.ai/api/v1' },
    { model: 'openai/gpt-5-codex', baseModel: 'openai/gpt-5-codex' },
    'openai-chat',
  ],
  ['another kind of provider', { kind: 'gemini' }, { model: 'gemini-9', endpoint: 'responses' }, 'gemini'],
] as const)('by %s', (_by, spec, asked, dialect) => {
  expect(target(spec as Partial<ProviderSpec>, asked).dialect.name).toBe(dialect)
})

test('callers of the Responses API pass through, and callers of chat and completions do not', () => {
  const { speaks } = target({}, { model: 'gpt-5-codex' })
  expect(speaks.has('openai-responses')).toBe(true)
  expect(speaks.has('openai-chat')).toBe(false)
  expect(speaks.has('openai-completions')).toBe(false)
  expect(speaks.has('openai-embeddings')).toBe(true)
})

test.each([
  [undefined, '/openai/v1/responses'],
  ['2024-10-21', '/openai/v1/responses'],
  ['2025-04-01-preview', '/openai/responses?api-version=2025-04-01-preview'],
  ['v1', '/openai/v1/responses'],
  ['preview', '/openai/v1/responses?api-version=preview'],
])('Azure by version %s is asked at %s', (apiVersion, path) => {
  const spec = apiVersion === undefined ? azure : { ...azure, apiVersion }
  const codex = target(spec, { model: 'gpt-5-codex' })
  expect(codex.speaks.has('openai-responses')).toBe(true)
  expect(addressOf(codex, '/responses')).toBe(path)
})
