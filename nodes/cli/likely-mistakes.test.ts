// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${NAME} is what a document holds
// The mistakes that people make first in a document, each with the whole sentence that `headgate validate` tells.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { fileProblem } from '../../shared/text-file.ts'
import { runCli } from './program.ts'

const folder = mkdtempSync(join(tmpdir(), 'headgate-mistakes-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const path = join(folder, 'headgate.yaml')

async function told(file: string): Promise<string[]> {
  const err: string[] = []
  await runCli(['validate', '-f', file], {
    version: '1',
    start: async () => {},
    environment: { OPENAI_API_KEY: 'sk-1', EMPTY: '' },
    terminal: { out: () => {}, err: (text) => err.push(text), colours: false, write: () => Promise.resolve() },
  })
  return err.map((line) => line.trim().replaceAll(folder, 'FOLDER'))
}

async function toldOf(text: string | Uint8Array): Promise<string[]> {
  writeFileSync(path, text)
  const [head, ...lines] = await told(path)
  return lines.length > 0 && head === 'FOLDER/headgate.yaml does not hold together' ? lines : [head ?? '', ...lines]
}

describe('a document', () => {
  test.each<[string, string, string[]]>([
    [
      'a key beside kind',
      'providers:\n  openai: { kind: openai, apiKey: sk-secret }\n',
      [
        '2:27 providers.openai.apiKey: a key belongs into credentials: write credentials: [{ name: main, apiKey: "${OPENAI_API_KEY}" }]',
      ],
    ],
    [
      'a key by another name',
      'providers:\n  groq: { kind: groq, api_key: sk-secret }\n',
      [
        '2:23 providers.groq.api_key: a key belongs into credentials: write credentials: [{ name: main, apiKey: "${GROQ_API_KEY}" }]',
      ],
    ],
    [
      'credentials that are one map',
      'providers:\n  openai: { kind: openai, credentials: { apiKey: "${OPENAI_API_KEY}" } }\n',
      [
        '2:27 providers.openai.credentials: is a list: write credentials: [{ name: main, apiKey: "${PROVIDER_API_KEY}" }]',
      ],
    ],
    [
      'a credential without a name',
      'providers:\n  openai: { kind: openai, credentials: [{ apiKey: "${OPENAI_API_KEY}" }] }\n',
      ['2:41 providers.openai.credentials[0].name: is required: a name such as main'],
    ],
    [
      'a mistyped kind',
      'providers:\n  a: { kind: antropic }\n',
      ['2:8 providers.a.kind: there is no kind "antropic"; did you mean "anthropic"?'],
    ],
    [
      'a mistyped well-known name',
      'providers:\n  a: { kind: fireworsk }\n',
      ['2:8 providers.a.kind: there is no kind "fireworsk"; did you mean "fireworks"?'],
    ],
    [
      'a provider by another name',
      'providers:\n  a: { kind: google }\n',
      ['2:8 providers.a.kind: there is no kind "google"; did you mean "gemini"?'],
    ],
    [
      'a kind that there is not',
      'providers:\n  a: { kind: acme }\n',
      [
        `2:8 providers.a.kind: there is no kind "acme": write one of openai, azure, anthropic, bedrock, gemini, vertex, cohere, demo, groq, together, fireworks, mistral, deepseek, openrouter, xai, perplexity, deepinfra, cerebras, nvidia, ollama, vllm, sglang, lmstudio, or kind: openai with the baseUrl of a server that speaks OpenAI's API`,
      ],
    ],
    [
      'type for kind',
      'providers:\n  a: { type: openai }\n',
      [
        '2:3 providers.a.kind: is required: one of openai, azure, anthropic, bedrock, gemini, vertex, cohere, demo, groq, together, fireworks, mistral, deepseek, openrouter, xai, perplexity, deepinfra, cerebras, nvidia, ollama, vllm, sglang, lmstudio',
        '2:8 providers.a.type: what a provider is, is written kind',
      ],
    ],
    [
      'url for baseUrl',
      'providers:\n  a: { kind: vllm, url: "http://10.0.0.5:8000" }\n',
      ['2:20 providers.a.url: the address of a provider is written baseUrl'],
    ],
    [
      'base_url for baseUrl',
      'providers:\n  a: { kind: vllm, base_url: "http://10.0.0.5:8000" }\n',
      ['2:20 providers.a.base_url: unknown field "base_url"; did you mean "baseUrl"?'],
    ],
    [
      'a base URL without its scheme',
      'providers:\n  a: { kind: openai, baseUrl: "localhost:8000/v1" }\n',
      ['2:22 providers.a.baseUrl: expected an http:// or https:// URL'],
    ],
    [
      'a base URL with an endpoint',
      'providers:\n  a: { kind: openai, baseUrl: "http://10.0.0.5:8000/v1/chat/completions" }\n',
      ['2:22 providers.a.baseUrl: a base URL ends before the endpoint: write http://10.0.0.5:8000/v1'],
    ],
    [
      'a base URL of Anthropic with an endpoint',
      'providers:\n  a: { kind: anthropic, baseUrl: "https://api.anthropic.com/v1/messages" }\n',
      ['2:25 providers.a.baseUrl: a base URL ends before the endpoint: write https://api.anthropic.com'],
    ],
    [
      'a base URL of a deployment',
      'providers:\n  a: { kind: azure, baseUrl: "https://r.openai.azure.com/openai/deployments/gpt/chat/completions?api-version=2024-10-21" }\n',
      ['2:21 providers.a.baseUrl: a base URL ends before the endpoint: write https://r.openai.azure.com'],
    ],
    [
      'a base URL of a deployment without a query',
      'providers:\n  a: { kind: azure, baseUrl: "https://r.openai.azure.com/openai/deployments/gpt" }\n',
      ['2:21 providers.a.baseUrl: a base URL ends before the endpoint: write https://r.openai.azure.com'],
    ],
    [
      "Gemini's base URL for OpenAI's SDK",
      'providers:\n  a: { kind: gemini, baseUrl: "https://generativelanguage.googleapis.com/v1beta/openai/" }\n',
      [
        "2:22 providers.a.baseUrl: this is where the host speaks OpenAI's API: write kind: openai, or kind: gemini with the baseUrl https://generativelanguage.googleapis.com",
      ],
    ],
    [
      "Cohere's base URL for OpenAI's SDK",
      'providers:\n  a: { kind: cohere, baseUrl: "https://api.cohere.ai/compatibility/v1" }\n',
      [
        "2:22 providers.a.baseUrl: this is where the host speaks OpenAI's API: write kind: openai, or kind: cohere with the baseUrl https://api.cohere.ai",
      ],
    ],
    [
      'a number for a duration',
      'models:\n  a: { targets: [{ provider: demo, model: echo }], timeouts: { total: 30 } }\n',
      ['2:64 models.a.timeouts.total: a duration has a unit: write 30s for seconds or 30ms for milliseconds'],
    ],
    [
      'a quoted number for a duration',
      'models:\n  a: { targets: [{ provider: demo, model: echo }], timeouts: { idle: "500" } }\n',
      ['2:64 models.a.timeouts.idle: a duration has a unit: write 500s for seconds or 500ms for milliseconds'],
    ],
    [
      'one time-out for all',
      'models:\n  a: { targets: [{ provider: demo, model: echo }], timeouts: 30s }\n',
      ['2:52 models.a.timeouts: write timeouts: { total: 30s }'],
    ],
    [
      'timeout for timeouts',
      'models:\n  a: { targets: [{ provider: demo, model: echo }], timeout: 60 }\n',
      ['2:52 models.a.timeout: write timeouts: { total: 60s }'],
    ],
    [
      'a number of retries',
      'models:\n  a: { targets: [{ provider: demo, model: echo }], retries: 3 }\n',
      ['2:52 models.a.retries: write retries: { attempts: 3 }'],
    ],
    [
      'a target without targets',
      'models:\n  a: { provider: openai, model: gpt-4o }\n',
      [
        '2:3 models.a.targets: is required: a list',
        '2:8 models.a.provider: belongs into targets: write targets: [{ provider: openai, model: gpt-4o }]',
        '2:26 models.a.model: belongs into targets: write targets: [{ provider: openai, model: gpt-4o }]',
      ],
    ],
    [
      'a target as text',
      'models:\n  a: { targets: [openai/gpt-4o] }\n',
      ['2:18 models.a.targets[0]: write { provider: openai, model: gpt-4o }'],
    ],
    [
      'one fallback without a list',
      'models:\n  a: { targets: [{ provider: demo, model: echo }], fallbacks: b }\n  b: { targets: [{ provider: demo, model: echo }] }\n',
      ['2:52 models.a.fallbacks: expected a list, found text (write [ ] around it)'],
    ],
    [
      'a provider that there is not',
      'providers:\n  openai: { kind: openai }\nmodels:\n  a: { targets: [{ provider: opnai, model: gpt-4o }] }\n',
      ['4:20 models.a.targets[0].provider: there is no provider "opnai"; did you mean "openai"?'],
    ],
    [
      'a number for text',
      'teams:\n  a: { costCenter: 4711 }\n',
      ['2:8 teams.a.costCenter: expected text, found a number (put it in quotes)'],
    ],
    [
      'a variable that is not set',
      'providers:\n  a: { kind: openai, credentials: [{ name: main, apiKey: "${OPENAI_KEY}" }] }\n',
      ['2:58 providers.a.credentials[0].apiKey: the variable OPENAI_KEY is not set'],
    ],
    [
      'a variable that is empty',
      'providers:\n  a: { kind: openai, credentials: [{ name: main, apiKey: "${EMPTY}" }] }\n',
      ['2:58 providers.a.credentials[0].apiKey: the variable EMPTY is set, but empty'],
    ],
    [
      'a secret file that there is not',
      'providers:\n  a: { kind: openai, credentials: [{ name: main, apiKey: "file:/nowhere/key" }] }\n',
      ['2:58 providers.a.credentials[0].apiKey: cannot read "file:/nowhere/key": there is no such file'],
    ],
    ['a list for a map', 'providers:\n  - { kind: openai }\n', ['1:1 providers: expected a map by name']],
    [
      'a kind in the singular',
      'provider:\n  openai: { kind: openai }\n',
      ['1:1 provider: unknown kind "provider"; did you mean "providers"?'],
    ],
    [
      'keys',
      'keys:\n  ci: { models: [a] }\n',
      ['1:1 keys: keys are no part of a document: `headgate keys create` or POST /api/v1/keys issues one'],
    ],
    [
      'what this version does not enforce',
      'guardrails:\n  a: {}\n',
      ['1:1 guardrails: guardrails are not enforced by this version'],
    ],
    ['a tab', 'providers:\n\topenai: { kind: openai }\n', ['2:1 there is a tab: YAML is indented by spaces alone']],
    [
      'a tab deeper',
      'providers:\n  openai:\n\t\tkind: openai\n',
      ['3:1 there is a tab: YAML is indented by spaces alone'],
    ],
    [
      'a tab after a dash',
      'models:\n  a:\n    targets:\n    -\tprovider: demo\n\t  model: echo\n',
      ['4:6 there is a tab: YAML is indented by spaces alone', '5:1 there is a tab: YAML is indented by spaces alone'],
    ],
    ['an empty file', '', ['the document is empty; write {} to mean that there is nothing']],
  ])('with %s', async (_, text, expected) => {
    expect(await toldOf(text)).toEqual(expected)
  })
})

describe('a file that cannot be read', () => {
  test('says why', async () => {
    mkdirSync(join(folder, 'directory.yaml'))
    expect(await told(join(folder, 'absent.yaml'))).toEqual(['cannot read FOLDER/absent.yaml: there is no such file'])
    expect(await told(join(folder, 'directory.yaml'))).toEqual(['cannot read FOLDER/directory.yaml: it is a directory'])
    expect(await toldOf(Buffer.from('teams:\n  # caf\u00e9\n', 'latin1'))).toEqual([
      'cannot read FOLDER/headgate.yaml: it is not UTF-8: line 2 holds other bytes',
    ])
    expect(await toldOf(Buffer.from('\ufeffteams: {}', 'utf16le'))).toEqual([
      'cannot read FOLDER/headgate.yaml: it is not UTF-8: it looks like UTF-16',
    ])
    expect(fileProblem(Object.assign(new Error('EACCES: …'), { code: 'EACCES' }))).toBe('this user may not read it')
  })
})
