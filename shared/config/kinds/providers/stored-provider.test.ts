// A provider is stored in one form, whichever way it was written.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parseSpec } from '../../parse-spec.ts'
import { wellKnownBaseUrls, wellKnownNames } from './well-known.ts'

function stored(input: Record<string, unknown>) {
  const parsed = parseSpec('providers', 'x', input)
  return parsed.ok ? parsed.spec : parsed.problems
}

describe('a well-known name', () => {
  test.each(wellKnownNames)('%s is stored as openai with its base URL, which is the form that it keeps', (kind) => {
    const spec = stored({ kind })
    expect(spec).toEqual({ kind: 'openai', baseUrl: expect.stringMatching(/^https?:\/\/[^/]+(\/.*[^/])?$/) })
    expect(stored({ ...spec })).toEqual(spec)
  })

  test.each(Object.entries(wellKnownBaseUrls))('%s is documented', (name, url) => {
    const page = readFileSync(new URL('../../../../docs/configuration.md', import.meta.url), 'utf8')
    expect(page).toContain(`| \`${name}\` | \`${url}\` |\n`)
  })

  test('takes another address', () => {
    expect(stored({ kind: 'ollama', baseUrl: 'http://gpu.lan:11434', allowPrivate: true })).toEqual({
      kind: 'openai',
      baseUrl: 'http://gpu.lan:11434/v1',
      allowPrivate: true,
    })
  })
})

describe('a base URL', () => {
  test.each([
    ['openai', 'https://api.openai.com', 'https://api.openai.com/v1'],
    ['openai', 'https://api.openai.com/v1/', 'https://api.openai.com/v1'],
    ['openai', 'http://10.0.0.5:8000/', 'http://10.0.0.5:8000/v1'],
    ['openai', 'http://10.0.0.5:8000/v1', 'http://10.0.0.5:8000/v1'],
    ['openai', 'http://10.0.0.5:8000/llm/v3', 'http://10.0.0.5:8000/llm/v3'],
    ['openai', 'https://x.services.ai.azure.com/models', 'https://x.services.ai.azure.com/models'],
    ['openai', 'https://openrouter.ai/v1', 'https://openrouter.ai/api/v1'],
    ['openai', 'https://api.groq.com', 'https://api.groq.com/openai/v1'],
    ['openai', 'https://api.perplexity.ai/', 'https://api.perplexity.ai'],
    ['openai', 'https://generativelanguage.googleapis.com', 'https://generativelanguage.googleapis.com/v1beta/openai'],
    ['anthropic', 'https://api.anthropic.com/v1', 'https://api.anthropic.com'],
    ['anthropic', 'https://api.deepseek.com/anthropic', 'https://api.deepseek.com/anthropic'],
    ['gemini', 'https://generativelanguage.googleapis.com/v1beta/', 'https://generativelanguage.googleapis.com'],
    ['cohere', 'https://api.cohere.com/v2', 'https://api.cohere.com'],
    ['azure', 'https://r.openai.azure.com/openai/', 'https://r.openai.azure.com'],
  ])('of %s: %s is %s', (kind, written, kept) => {
    expect(stored({ kind, baseUrl: written })).toEqual({ kind, baseUrl: kept })
    expect(stored({ kind, baseUrl: kept })).toEqual({ kind, baseUrl: kept })
  })

  test("of Azure's undated API says the version of it", () => {
    const baseUrl = 'https://r.openai.azure.com/openai/v1'
    expect(stored({ kind: 'azure', baseUrl })).toEqual({
      kind: 'azure',
      baseUrl: 'https://r.openai.azure.com',
      apiVersion: 'v1',
    })
    expect(stored({ kind: 'azure', baseUrl, apiVersion: '2025-03-01' })).toMatchObject({ apiVersion: '2025-03-01' })
  })
})

test.each([
  ['file:/run/secrets/key', 'file: is read only in a document of this machine: send the secret itself'],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: this is what somebody sends
  ['${KEY}', 'variables are filled in only in a document of this machine: send the secret itself'],
])('over the API the secret %s is refused, because it would be sent as it is', (apiKey, message) => {
  const path = 'providers.x.credentials[0].apiKey'
  expect(stored({ kind: 'openai', credentials: [{ name: 'main', apiKey }] })).toEqual([
    { path, message, kind: 'invalid' },
  ])
})
