import { describe, expect, test } from 'vitest'
import type { ProviderSpec } from '../../../shared/config/kinds/providers/spec.ts'
import { connectProvider, type ProviderConnection } from '../providers/endpoint.ts'
import { testConnectOptions } from '../providers/test-connect.ts'
import { BareNames } from './bare-names.ts'

const key = { credentials: [{ name: 'main', apiKey: { $sealed: 's', hint: '' } }] }
const own = (baseUrl: string, more: Partial<ProviderSpec> = {}): ProviderSpec => ({ kind: 'openai', baseUrl, ...more })
const specs = {
  anthropic: { kind: 'anthropic', ...key },
  openai: { kind: 'openai', ...key },
  gemini: { kind: 'gemini', ...key },
  cohere: { kind: 'cohere', ...key },
  azure: { kind: 'azure', baseUrl: 'https://r.openai.azure.com', ...key },
  'bedrock-us': { kind: 'bedrock', region: 'us-east-1', ...key },
  'bedrock-eu': { kind: 'bedrock', region: 'eu-central-1', ...key },
  'bedrock-tokyo': { kind: 'bedrock', region: 'ap-northeast-1', ...key },
  'bedrock-mumbai': { kind: 'bedrock', region: 'ap-south-1', ...key },
  vertex: { kind: 'vertex', region: 'global', project: 'p', ...key },
  groq: own('https://api.groq.com/openai/v1', key),
  cerebras: own('https://api.cerebras.ai/v1', key),
  openrouter: own('https://openrouter.ai/api/v1', key),
  mistral: own('https://api.mistral.ai/v1', key),
  local: own('http://127.0.0.1:11434/v1', { bareNames: ['llama3.2:latest', 'qwen3', 'gpt-4o'] }),
  'silent-anthropic': { kind: 'anthropic', bareNames: false, ...key },
  'second-anthropic': { kind: 'anthropic', ...key },
  'other-server': own('http://127.0.0.1:8000/v1'),
  'chosen-server': own('http://127.0.0.1:8001/v1', { bareNames: true }),
  'two-of-openai': { kind: 'openai', bareNames: ['gpt-4o', 'our-tuned-model'], ...key },
} satisfies Record<string, ProviderSpec>
/** A server with the name of a service and another address. */
const standIn = { openai: own('http://127.0.0.1:8002/v1') }

type Name = keyof typeof specs

function bareNames(chosen: Readonly<Record<string, ProviderSpec>>): BareNames {
  const connections = Object.entries(chosen).map(([name, spec]): [string, ProviderConnection] => {
    const connection = connectProvider(name, spec, { ...testConnectOptions(), open: () => 'secret' })
    if (connection === undefined) throw new Error(name)
    return [name, connection]
  })
  return new BareNames(new Map(connections))
}

const of = (...names: Name[]) => bareNames(Object.fromEntries(names.map((name) => [name, specs[name]])))
const found = (name: string, names: BareNames) => names.targetsOf(name).map((target) => target.name)

describe('a bare name stands for', () => {
  test.each<[name: string, providers: Name[], targets: string[]]>([
    // The maker, then clouds with their own ids.
    [
      'claude-sonnet-4-5',
      ['bedrock-us', 'vertex', 'anthropic'],
      [
        'anthropic/claude-sonnet-4-5',
        'bedrock-us/us.anthropic.claude-sonnet-4-5-20250929-v1:0',
        'vertex/claude-sonnet-4-5@20250929',
      ],
    ],
    ['gpt-4o', ['openrouter', 'azure', 'openai'], ['openai/gpt-4o', 'azure/gpt-4o', 'openrouter/openai/gpt-4o']],
    ['gemini-2.5-flash', ['vertex', 'gemini', 'openai'], ['gemini/gemini-2.5-flash', 'vertex/gemini-2.5-flash']],
    ['command-r-08-2024', ['cohere', 'openai'], ['cohere/command-r-08-2024']],
    ['o3-mini', ['openai', 'anthropic'], ['openai/o3-mini']],
    ['nova-pro', ['bedrock-us', 'anthropic'], ['bedrock-us/amazon.nova-pro-v1:0']],
    ['gpt-oss-120b', ['openai', 'groq', 'cerebras'], ['groq/openai/gpt-oss-120b', 'cerebras/gpt-oss-120b']],
    ['meta-llama/llama-4-scout-17b-16e-instruct', ['groq'], ['groq/meta-llama/llama-4-scout-17b-16e-instruct']],
    ['claude-opus-4-8', ['openrouter'], ['openrouter/anthropic/claude-opus-4.8']],
    // The profile of the region, else the global one.
    [
      'claude-sonnet-5',
      ['bedrock-eu', 'bedrock-us'],
      ['bedrock-eu/eu.anthropic.claude-sonnet-5', 'bedrock-us/us.anthropic.claude-sonnet-5'],
    ],
    ['claude-sonnet-5', ['bedrock-tokyo'], ['bedrock-tokyo/jp.anthropic.claude-sonnet-5']],
    ['claude-sonnet-5', ['bedrock-mumbai'], ['bedrock-mumbai/global.anthropic.claude-sonnet-5']],
    ['eu.anthropic.claude-sonnet-5', ['bedrock-us'], ['bedrock-us/eu.anthropic.claude-sonnet-5']],
    // Of several at one place, the one with the name of its kind, then by name.
    [
      'claude-haiku-4-5',
      ['second-anthropic', 'anthropic'],
      ['anthropic/claude-haiku-4-5', 'second-anthropic/claude-haiku-4-5'],
    ],
    // Dates: one that was asked for is never another one.
    [
      'claude-sonnet-4-5-20250929',
      ['anthropic', 'bedrock-us', 'vertex'],
      [
        'anthropic/claude-sonnet-4-5-20250929',
        'bedrock-us/us.anthropic.claude-sonnet-4-5-20250929-v1:0',
        'vertex/claude-sonnet-4-5@20250929',
      ],
    ],
    ['claude-sonnet-4-5-20250929', ['openrouter'], ['openrouter/anthropic/claude-sonnet-4.5']],
    ['claude-sonnet-4-5-20991231', ['anthropic', 'bedrock-us'], ['anthropic/claude-sonnet-4-5-20991231']],
    ['claude-sonnet-4-5-20991231', ['vertex'], ['vertex/claude-sonnet-4-5@20991231']],
    ['gpt-4o-2024-11-20', ['openai'], ['openai/gpt-4o-2024-11-20']],
    ['gpt-4o-2099-01-01', ['openai'], ['openai/gpt-4o-2099-01-01']],
    ['command-r', ['cohere'], ['cohere/command-r-08-2024']],
    ['gpt-4o-latest', ['openai'], ['openai/gpt-4o']],
    ['chatgpt-4o-latest', ['openai'], ['openai/chatgpt-4o-latest']],
    ['mistral-large-latest', ['mistral'], ['mistral/mistral-large-latest']],
    // Newer than the catalogue.
    [
      'claude-opus-9',
      ['anthropic', 'bedrock-eu', 'vertex'],
      ['anthropic/claude-opus-9', 'bedrock-eu/eu.anthropic.claude-opus-9', 'vertex/claude-opus-9'],
    ],
    ['gpt-9-codex', ['anthropic', 'openai', 'azure'], ['openai/gpt-9-codex', 'azure/gpt-9-codex']],
    ['o7', ['openai'], ['openai/o7']],
    ['gemini-9-pro', ['gemini', 'anthropic'], ['gemini/gemini-9-pro']],
    ['command-z-01-2099', ['cohere'], ['cohere/command-z-01-2099']],
    ['claude-opus-9', ['openrouter', 'openai'], []],
    ['GPT-4o', ['openai'], ['openai/gpt-4o']],
    // What a provider lists goes first, and is all that it has.
    ['llama3.2', ['local'], ['local/llama3.2:latest']],
    ['qwen3', ['local'], ['local/qwen3']],
    ['gpt-4o', ['openai', 'local'], ['local/gpt-4o', 'openai/gpt-4o']],
    ['gpt-4o', ['two-of-openai'], ['two-of-openai/gpt-4o']],
    ['our-tuned-model', ['two-of-openai'], ['two-of-openai/our-tuned-model']],
    ['gpt-4o-mini', ['two-of-openai'], []],
    // Switched off, or in no list.
    ['claude-sonnet-4-5', ['silent-anthropic'], []],
    [
      'claude-sonnet-4-5',
      ['silent-anthropic', 'bedrock-us'],
      ['bedrock-us/us.anthropic.claude-sonnet-4-5-20250929-v1:0'],
    ],
    ['gpt-4o', ['other-server'], []],
    ['gpt-4o', ['chosen-server'], ['chosen-server/gpt-4o']],
    ['claude-sonnet-4-5', ['azure'], []],
    // Nobody's.
    ['no-such-model', ['openai', 'anthropic', 'openrouter'], []],
    ['__proto__', ['openai'], []],
    ['claude-../../admin', ['anthropic'], []],
    ['claude-with space', ['anthropic'], []],
    [`claude-${'9'.repeat(300)}`, ['anthropic'], []],
    ['unknown/gpt-4o', ['openai'], []],
  ])('%s at %j: %j', (name, providers, targets) => {
    expect(found(name, of(...providers))).toEqual(targets)
  })

  test('a server with another address that is called openai serves and lists the names of OpenAI: it may be a relay', () => {
    expect(found('gpt-5.5', bareNames(standIn))).toEqual(['openai/gpt-5.5'])
    expect(bareNames(standIn).listed().length).toBeGreaterThan(10)
  })

  test('nothing where a provider has no credential that could be opened', () => {
    const connection = connectProvider('openai', specs.openai, testConnectOptions())
    if (connection === undefined) throw new Error('no provider')
    expect(found('gpt-4o', new BareNames(new Map([['openai', connection]])))).toEqual([])
  })
})

test('every listed name stands for what it is listed for, and the list is of a size that clients bear', () => {
  const all = Object.keys(specs) as Name[]
  for (const chosen of [all, ['anthropic'], ['openrouter'], ['bedrock-eu'], ['vertex']] as Name[][]) {
    const names = of(...chosen)
    const listed = names.listed()
    expect(listed.length).toBeGreaterThan(10)
    expect(listed.length).toBeLessThanOrEqual(500)
    for (const { name, targets } of listed) {
      expect(found(name, names)).toEqual(targets.map((target) => target.name))
      expect(name).not.toMatch(/[/@]/)
    }
  }
  const claude = of('anthropic')
    .listed()
    .map(({ name }) => name)
  expect(claude).toContain('claude-opus-4-8')
  expect(claude).not.toContain('claude-3-opus-20240229')
})

test('what is switched off is named as provider/model, for who asks for something that is not there', () => {
  expect([...of('silent-anthropic').withoutBareNames()]).toContain('silent-anthropic/claude-sonnet-4-5')
  expect([...of('anthropic').withoutBareNames()]).toEqual([])
})
