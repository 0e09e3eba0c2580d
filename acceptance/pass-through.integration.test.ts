// Same dialect in and out: what the gateway has no business with goes through untouched, for whatever a caller may write.
import type { LLMock } from '@copilotkit/aimock'
import fc from 'fast-check'
import OpenAI from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type MockUpstream, startMockUpstream } from '../loadtest/mock-upstream/mock-upstream.ts'
import { type Gateway, startGateway } from './gateway.ts'
import { modelOn, providerAt, startScriptedLlm } from './scripted-llm.ts'

let llm: LLMock
let mock: MockUpstream
let gateway: Gateway
let secret: string

beforeAll(async () => {
  llm = await startScriptedLlm()
  mock = await startMockUpstream({ recordedMax: 1 })
  gateway = await startGateway({
    config: {
      providers: { mock: providerAt(mock.url), scripted: providerAt(llm.url) },
      models: { plain: modelOn('mock', 'gpt-x') },
    },
  })
  secret = (await gateway.issueKey()).secret
})
afterAll(async () => {
  await gateway?.stop()
  await mock?.stop()
  await llm?.stop()
})

/** The body as the upstream got it. */
async function sentFor(body: string): Promise<string> {
  const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/json' }
  const answer = await fetch(`${gateway.base}/v1/chat/completions`, { method: 'POST', headers, body })
  const text = await answer.text()
  expect([answer.status, text]).toEqual([200, expect.any(String)])
  const [sent] = await mock.requests()
  return sent?.body ?? ''
}

// Names that mean something to the gateway have tests of their own.
const known =
  /^(model|models|messages|stream|stream_options|api_base|base_url|api_key|extra_headers|custom_llm_provider)$/
const members = fc
  .dictionary(
    fc.string({ unit: 'grapheme', maxLength: 12 }).filter((name) => !known.test(name)),
    fc.jsonValue(),
    {
      maxKeys: 6,
    },
  )
  .map((values) => Object.entries(values).map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`))
const space = fc.constantFrom('', ' ', '\n', '\t', '\r\n  ')
const messages = '"messages":[{"role":"user","content":"hi"}]'

/** Every character outside of ASCII as an escape. */
const escaped = (json: string) =>
  json.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)

test('a request reaches its upstream byte for byte, but for the name of its model', async () => {
  const model = fc.constantFrom('"plain"', '"pl\\u0061in"', '"mock/gpt-x"')
  const law = fc.asyncProperty(
    members,
    members,
    space,
    model,
    fc.boolean(),
    async (before, after, gap, name, ascii) => {
      const write = (model: string) =>
        `${gap}{${gap}${[...before, `"model"${gap}:${gap}${model}`, messages, ...after].join(`${gap},`)}${gap}}${gap}`
      const encode = ascii ? escaped : (json: string) => json
      fc.pre(hasDistinctNames([...before, ...after]))
      // A byte order mark and space around the object are left out.
      expect(await sentFor(encode(write(name)))).toBe(encode(write('"gpt-x"').trim()))
    },
  )
  await fc.assert(law, { numRuns: 150 })
})

function hasDistinctNames(written: readonly string[]): boolean {
  const names = written.map((member) => member.slice(0, member.indexOf('":')))
  return new Set(names).size === names.length
}

test('a streamed request is asked for its usage, and keeps everything else', async () => {
  const options = fc.constantFrom(
    ...[undefined, '{}', '{"include_usage":false}', '{"include_usage":true}', '{ "include_usage" : null }', 'null'],
    ...['{"include_obfuscation":false}', '{"a":[{}],"include_usage":false,"b":"}"}'],
  )
  const law = fc.asyncProperty(members, options, fc.boolean(), async (others, written, first) => {
    const streamOptions = written === undefined ? [] : [`"stream_options":${written}`]
    const all = first ? [...streamOptions, ...others] : [...others, ...streamOptions]
    const body = `{"model":"plain","stream":true,${[messages, ...all].join(',')}}`
    const expected = JSON.parse(body)
    expected.model = 'gpt-x'
    expected.stream_options = { ...expected.stream_options, include_usage: true }
    expect(JSON.parse(await sentFor(body))).toEqual(expected)
  })
  await fc.assert(law, { numRuns: 100 })
})

test('what a model says comes through as it is, whole and streamed (wire 5)', async () => {
  const client = new OpenAI({ apiKey: secret, baseURL: `${gateway.base}/v1`, maxRetries: 0 })
  let said = ''
  llm.prependFixture({ match: { userMessage: 'repeat' }, response: () => ({ content: said }) })
  const request = { model: 'scripted/gpt-4o', messages: [{ role: 'user' as const, content: 'repeat' }] }
  const law = fc.asyncProperty(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 }), async (text) => {
    said = text
    const whole = await client.chat.completions.create(request)
    let streamed = ''
    for await (const { choices } of await client.chat.completions.create({ ...request, stream: true })) {
      streamed += choices[0]?.delta.content ?? ''
    }
    expect([whole.choices[0]?.message.content, streamed]).toEqual([text, text])
  })
  const hard = [
    'data: [DONE]\n\n',
    '"usage":{"prompt_tokens":1}',
    '"error":{"message":"no"}',
    '\u2028\u0000\\"',
    '"finish_reason":"stop"',
  ]
  await fc.assert(law, { numRuns: 80, examples: hard.map((text): [string] => [text]) })
})
