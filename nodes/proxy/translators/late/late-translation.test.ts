// Law: what another process makes of a large body is what would be made of it here, and so is what it makes of the answer.
import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { StoredHistory } from '../../conversations/history.ts'
import { ReferredTurns } from '../../conversations/item-references.ts'
import { encodeStored } from '../../conversations/stored-response.ts'
import { kept } from '../../conversations/test-responses.ts'
import { testTarget } from '../../providers/test-target.ts'
import { askSample, jsonTranslators } from '../test-translators.ts'
import { type LargeRequest, largeRequest, longText, seenOf } from './test-late.ts'

const user = { role: 'user', content: longText }
const schema = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'], additionalProperties: false }
const tool = (name: string) => ({ type: 'function', function: { name, description: 'd', parameters: schema } })
const call = { id: 'c1', type: 'function', function: { name: 'a.b/ü', arguments: '{"a":1e2}' } }
const turns = [user, { role: 'assistant', tool_calls: [call] }, { role: 'tool', tool_call_id: 'c1', content: 'ok' }]
const answerFormat = { type: 'json_schema', json_schema: { name: 'n', strict: true, schema } }

const chat = (more: object): LargeRequest => ({
  path: '/v1/chat/completions',
  headers: { traceparent: 't1' },
  body: { model: 'm', messages: [user], ...more },
})
const responses = (more: object, state?: LargeRequest['state']): LargeRequest => ({
  path: '/v1/responses',
  body: { model: 'm', input: longText, ...more },
  ...(state === undefined ? {} : { state }),
})
const stored = [kept('resp_0'), kept('resp_1')].map((turn) => Buffer.from(encodeStored(turn)))

const requests: readonly (readonly [what: string, request: LargeRequest])[] = [
  ['parameters', chat({ temperature: 0.5, seed: 7, logit_bias: { 1: 2 }, service_tier: 'flex', max_tokens: 9 })],
  ['odd names of tools', chat({ messages: turns, tools: [tool('a.b/ü'), tool('f'.repeat(90))] })],
  ['a tool of free text', chat({ tools: [{ type: 'custom', custom: { name: 'shell' } }] })],
  ['legacy functions', chat({ functions: [{ name: 'f', parameters: schema }], function_call: 'auto' })],
  ['an answer by a schema', chat({ response_format: answerFormat })],
  ['reasoning', chat({ reasoning_effort: 'high' })],
  ['members that nobody knows', chat({ knob: 12345678901234567890n.toString(), other: [1] })],
  ['an image', chat({ messages: [{ role: 'user', content: [{ type: 'text', text: longText }, image()] }] })],
  ['a prompt', { path: '/v1/completions', body: { model: 'm', prompt: longText, max_tokens: 9 } }],
  [
    'Messages with betas',
    {
      path: '/v1/messages',
      headers: { 'anthropic-beta': 'context-1m-2025-08-07' },
      body: { model: 'm', max_tokens: 9, system: [{ type: 'text', text: 's' }], messages: [user] },
    },
  ],
  ['contents', { path: '/v1beta/models/m:generateContent', body: { contents: [{ parts: [{ text: longText }] }] } }],
  ['a response', responses({ instructions: 'be brief', metadata: { a: 'b' }, tools: [{ type: 'custom', name: 'c' }] })],
  ['a response in a group of tools', responses({ tools: [group()], reasoning: { effort: 'low', summary: 'auto' } })],
  ['a response that goes on', responses({}, { history: new StoredHistory(stored) })],
  [
    'a response that refers to items',
    responses(
      {
        input: [
          { type: 'item_reference', id: 'in_resp_0' },
          { role: 'user', content: longText },
        ],
      },
      { referred: new ReferredTurns(stored) },
    ),
  ],
]

function image() {
  return { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } }
}

function group() {
  const tools = [{ type: 'function', name: 'find', parameters: schema }]
  return { type: 'namespace', name: 'files', description: 'd', tools }
}

const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 }
const input = { a: 1 }

/** An answer with text and a call, in each dialect of an upstream. */
const answers = {
  openai: {
    choices: [
      {
        message: { role: 'assistant', content: 'A.', tool_calls: [{ ...call, id: 'c9' }] },
        finish_reason: 'tool_calls',
      },
    ],
    usage,
  },
  anthropic: {
    type: 'message',
    role: 'assistant',
    content: [
      { type: 'text', text: 'A.' },
      { type: 'tool_use', id: 'c9', name: 'a_b__', input },
    ],
    stop_reason: 'tool_use',
    usage: { input_tokens: 3, output_tokens: 2 },
  },
  gemini: {
    candidates: [
      {
        content: { role: 'model', parts: [{ text: 'A.' }, { functionCall: { name: 'find', args: input } }] },
        finishReason: 'STOP',
      },
    ],
    usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 2 },
  },
  bedrock: {
    output: {
      message: { role: 'assistant', content: [{ text: 'A.' }, { toolUse: { toolUseId: 'c9', name: 'c', input } }] },
    },
    stopReason: 'tool_use',
    usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 },
  },
  cohere: {
    id: 'a',
    message: { role: 'assistant', content: [{ type: 'text', text: 'A.' }] },
    finish_reason: 'COMPLETE',
    usage: { tokens: { input_tokens: 3, output_tokens: 2 } },
  },
} as const

const deepseek = testTarget({ baseUrl: 'https://api.deepseek.com/v1', model: 'deepseek-chat' })
const targets = [
  ['openai', testTarget({ baseUrl: 'https://api.mistral.ai/v1', model: 'mistral-large-latest' })],
  ['openai', deepseek],
  ['anthropic', testTarget({ kind: 'anthropic', model: 'claude-opus-4-5' })],
  ['gemini', testTarget({ kind: 'gemini', model: 'gemini-2.5-pro' })],
  ['bedrock', testTarget({ kind: 'bedrock', region: 'us-east-1', model: 'anthropic.claude-opus-4-5-20251101-v1:0' })],
  ['cohere', testTarget({ kind: 'cohere', model: 'command-a-03-2025' })],
] as const

const cases = requests.flatMap(([what, request]) =>
  targets.map(
    ([kind, target]) => [what, `${target.provider} (${target.origin.host})`, { request, kind, target }] as const,
  ),
)

test.each(cases)('%s, to %s', async (_, _to, { request, kind, target }) => {
  const asked = largeRequest(request)
  // What passes through is the business of another test.
  const atOnce = asked.now(target)
  if (atOnce.ok && atOnce.value.passesThrough) return
  const later = await asked.late(target)
  expect(seenOf(later)).toEqual(seenOf(atOnce))
  expect(asked.jobs.ran).toEqual(['translate'])
  if (!atOnce.ok || !later.ok) return
  const bytes = Buffer.from(JSON.stringify(answers[kind]))
  const readAtOnce = atOnce.value.readAnswer(bytes, 'application/json')
  const half = bytes.length >> 1
  const pieces = [bytes.subarray(0, half), bytes.subarray(half)]
  const read = await later.value.readLater?.(pieces, 'application/json')?.result
  expect(readAtOnce?.usage).toMatchObject({ input: 3, output: 2 })
  expect(read).toMatchObject({ ok: true, value: { usage: readAtOnce?.usage, textBytes: readAtOnce?.textBytes } })
  expect(read?.ok && text(read.value?.body)).toBe(text(readAtOnce?.body))
})

function text(body: Buffer | string | undefined): string | undefined {
  // Ids that the printer makes up differ from one printing to the next.
  return body?.toString().replace(/"((?:msg|rs|fc|ctc)_)[^"]+"/g, '"$1"')
}

const claude = testTarget({ kind: 'anthropic', model: 'claude-opus-4-5' })

test.each<[string, LargeRequest, object]>([
  ['cannot be read', chat({ messages: [user, { role: 'wizard' }] }), { type: 'unreadable', path: 'messages[1].role' }],
  ['asks for what the target lacks', chat({ n: 2 }), { type: 'missing-capability', what: 'n' }],
  ['has a parameter that is dropped', chat({ seed: 1 }), { type: 'unsupported-params', params: ['seed'] }],
])('a strict request that %s is told so, there as here', async (_, request, error) => {
  const asked = largeRequest(request)
  expect(seenOf(asked.now(claude, true))).toMatchObject(error)
  expect(await asked.late(claude, true)).toEqual(asked.now(claude, true))
})

test('a body that is signed comes with its hash', async () => {
  const sign = () => ''
  const signed = { ...claude, credentials: claude.credentials.map((credential) => ({ ...credential, sign })) }
  const made = await largeRequest(chat({})).late(signed)
  const hash = made.ok ? createHash('sha256').update(Buffer.concat(made.value.body)).digest('hex') : ''
  expect(made).toMatchObject({ ok: true, value: { bodyHash: hash } })
  expect(await largeRequest(chat({})).late(claude)).toMatchObject({ ok: true, value: { bodyHash: undefined } })
})

test.each([{ type: 'too-busy', retryAfterMs: 1 }, { type: 'too-complex' }, { type: 'internal' }] as const)(
  'a job that fails ($type) says nothing about the target',
  async (failure) => {
    const asked = largeRequest(chat({}))
    asked.jobs.failure = failure
    expect(await asked.late(claude)).toEqual({ ok: false, error: { type: 'unmade', error: failure } })
  },
)

test('a small body, and what a policy put in the place of a large one, is translated at once', () => {
  const small = largeRequest({ path: '/v1/chat/completions', body: { model: 'm', messages: turns.slice(1) } })
  expect(small.translators.late(claude, false)).toBeUndefined()
  const large = askSample(chat({}))
  const parsed = large.asked.parsed()
  if (!parsed.ok) throw new Error('the request cannot be read')
  const replaced = { ...large, asked: large.asked.with(parsed.value.request) }
  expect(jsonTranslators(large).late(claude, false)).toBeDefined()
  expect(jsonTranslators(replaced).late(claude, false)).toBeUndefined()
})

test('embeddings are the same as well', async () => {
  const gemini = testTarget({ kind: 'gemini', model: 'embedder' })
  const body = { model: 'm', input: [longText, 'b'], encoding_format: 'base64', dimensions: 2, user: 'u' }
  const asked = largeRequest({ path: '/v1/embeddings', body })
  const [atOnce, later] = [asked.now(gemini), await asked.late(gemini)]
  expect(seenOf(later)).toEqual(seenOf(atOnce))
  expect(asked.jobs.ran).toEqual(['embed'])
  if (!atOnce.ok || !later.ok) throw new Error('it is not translated')
  const bytes = Buffer.from(JSON.stringify({ embeddings: [{ values: [0.5, 1] }, { values: [0, 2] }] }))
  const read = await later.value.readLater?.([bytes], 'application/json')?.result
  expect(read?.ok && read.value?.body.toString()).toBe(atOnce.value.readAnswer(bytes, '')?.body.toString())
})

test('a job that is not waited for any more is cancelled', async () => {
  const asked = largeRequest(chat({}))
  const late = asked.translators.late(claude, false)
  const made = late?.start()
  late?.stop()
  const next = new Promise((resolve) => setImmediate(resolve, 'nothing'))
  expect(await Promise.race([made, next])).toBe('nothing')
  expect(asked.jobs.ran).toEqual([])
})
