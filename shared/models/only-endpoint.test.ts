import { expect, test } from 'vitest'
import { catalogueEntries, catalogueModel } from './catalogue.ts'
import { factsOfNewer } from './newer-model.ts'
import { onlyEndpoint } from './only-endpoint.ts'

test.each([
  // source: openai 7.57, `ResponsesModel` without `ChatModel`
  ...['o1-pro', 'o1-pro-2025-03-19', 'o3-pro', 'o3-pro-2025-06-10', 'o3-deep-research', 'o3-deep-research-2025-06-26'],
  ...['o4-mini-deep-research', 'o4-mini-deep-research-2025-06-26', 'computer-use-preview', 'gpt-5.5-pro-2026-04-23'],
  ...['computer-use-preview-2025-03-11', 'gpt-5-codex', 'gpt-5-pro', 'gpt-5-pro-2025-10-06', 'gpt-5.1-codex-max'],
  ...['gpt-daybreak-blue-latest', 'gpt-5.6-cyber', 'gpt-6-cyber', 'gpt-rosalind-research', 'gpt-6-rosalind'],
  // source: OpenAI's pages of these models
  ...[
    'codex-mini-latest',
    'gpt-5.1-codex',
    'gpt-5.1-codex-mini',
    'gpt-5.2-codex',
    'gpt-5.2-pro',
    'gpt-5.3-codex-spark',
  ],
])('%s has the Responses API alone', (model) => {
  expect(onlyEndpoint('openai', model)).toBe('responses')
  expect(onlyEndpoint('azure', model)).toBe('responses')
})

test.each([
  ...[
    'gpt-4o',
    'gpt-5',
    'gpt-5-mini',
    'gpt-5.1',
    'gpt-5.2-chat-latest',
    'o1',
    'o3-mini',
    'o4-mini',
    'gpt-4o-search-preview',
  ],
  ...['gpt-4o-audio-preview', 'my-codex', 'deepseek-v4-pro', 'gpt-oss-120b', 'ft:gpt-4o:acme:pro'],
])('%s has other endpoints, or nothing is known of it', (model) => {
  expect(onlyEndpoint('azure', model)).toBeUndefined()
})

test('elsewhere the same models have chat completions', () => {
  expect(onlyEndpoint('openrouter', 'openai/gpt-5-codex')).toBeUndefined()
})

test('the facts of a model tell it, listed or newer', () => {
  expect(catalogueModel('openai', 'gpt-5-codex')?.facts.endpoint).toBe('responses')
  expect(catalogueModel('openai', 'gpt-5')?.facts.endpoint).toBeUndefined()
  expect(factsOfNewer('openai', 'gpt-9-codex')).toMatchObject({ endpoint: 'responses', reasoning: 'effort' })
  expect(factsOfNewer('openai', 'computer-use-preview').endpoint).toBe('responses')
  expect(factsOfNewer('azure', 'gpt-9-pro').endpoint).toBe('responses')
})

test('every model of the rule reasons, so that its reasoning can be asked for in encrypted form', () => {
  const listed = ['openai', 'azure'].flatMap((place) => catalogueEntries(place).map(({ id }) => [place, id] as const))
  const facts = listed.flatMap(([place, id]) => catalogueModel(place, id)?.facts ?? [])
  for (const { endpoint, reasoning } of facts) if (endpoint !== undefined) expect(reasoning).not.toBe('none')
})
