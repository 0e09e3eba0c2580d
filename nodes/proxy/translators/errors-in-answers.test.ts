// Errors in answers of a good status, in the shapes of hosts: whole, streamed and relayed they are no answer, and nothing of them is
// billed as one. Sources: vLLM and SGLang (`ErrorResponse`), help.aliyun.com/model-studio (errors of streams), platform.minimaxi.com
// (`base_resp`), api-docs.deepseek.com and docs.z.ai (`finish_reason`).
import { describe, expect, test } from 'vitest'
import type { ChatEvent } from '../../../shared/chat/events.ts'
import type { JsonObject } from '../../../shared/chat/parts.ts'
import { anthropicUpstream } from '../dialects/anthropic/anthropic.ts'
import { cohereUpstream } from '../dialects/cohere/cohere.ts'
import type { UpstreamDialect } from '../dialects/dialect.ts'
import { ChatStreamObserver } from '../dialects/openai/stream-observer.ts'
import { openAiChatUpstream } from '../dialects/openai-chat/openai-chat.ts'
import { openAiResponsesUpstream } from '../dialects/openai-responses/openai-responses.ts'
import { printedNothing } from '../dialects/test-dialects.ts'
import { matchOperation } from '../operations/match-path.ts'
import { testHead } from '../request/test-request.ts'
import { PassThrough } from './pass-through.ts'

const data = (value: object) => `data: ${JSON.stringify(value)}\n\n`
const chunk = (delta: object, finish_reason: string | null = null) =>
  data({ id: 'c', model: 'm', choices: [{ index: 0, delta, finish_reason }] })
const begun = chunk({ content: 'a' })
const done = 'data: [DONE]\n\n'

const bodies: readonly (readonly [string, object, string])[] = [
  ["vLLM's", { object: 'error', message: 'boom', type: 'BadRequestError', code: 400 }, 'boom'],
  ["DashScope's", { code: 'InternalError', message: 'boom', request_id: 'r' }, 'boom'],
  ["FastAPI's", { detail: 'boom' }, 'boom'],
  ["MiniMax's", { choices: null, base_resp: { status_code: 1002, status_msg: 'boom' } }, 'boom'],
  ['a message alone', { message: 'boom' }, 'boom'],
]

const broken = ['error', 'insufficient_system_resource', 'network_error', 'abort']

function lastOf({ openParser }: UpstreamDialect, text: string): ChatEvent | undefined {
  const parser = openParser(printedNothing)
  const events: ChatEvent[] = []
  parser.push(Buffer.from(text), (event) => void events.push(event))
  parser.end((event) => void events.push(event))
  return events.at(-1)
}

function isAnswer(body: object): boolean {
  const found = matchOperation(testHead({ path: '/v1/chat/completions' }))
  if (!found.ok) throw new Error('no such path')
  const translator = new PassThrough(found.value.operation, { path: '/', headerLines: '', body: [] })
  return translator.readAnswer(Buffer.from(JSON.stringify(body)), 'application/json') !== undefined
}

describe.each(bodies)('%s error', (_, body, message) => {
  test.each([
    ['chat', openAiChatUpstream, begun],
    ['responses', openAiResponsesUpstream, ''],
  ] as const)('ends a stream that is read (%s)', (_name, upstream, before) => {
    expect(lastOf(upstream, before + data(body) + done)).toMatchObject({ type: 'error', error: { message } })
  })

  test('ends a stream that is relayed', () => {
    const observer = new ChatStreamObserver(true)
    expect([begun, data(body)].map((event) => observer.observe(event))).toEqual(['token', 'error'])
  })

  test('is no answer', () => {
    expect(openAiChatUpstream.parseAnswer(body as JsonObject, printedNothing)).toBeUndefined()
    expect(isAnswer(body)).toBe(false)
  })
})

describe.each(broken)('the finish reason %s', (reason) => {
  const whole = { choices: [{ message: { content: 'a' }, finish_reason: reason }] }

  test('is an error, whole and streamed', () => {
    expect([openAiChatUpstream.parseAnswer(whole, printedNothing), isAnswer(whole)]).toEqual([undefined, false])
    expect(lastOf(openAiChatUpstream, begun + chunk({}, reason) + done)?.type).toBe('error')
    expect(new ChatStreamObserver(true).observe(chunk({}, reason))).toBe('error')
  })
})

test.each<[string, object]>([
  ['a status of MiniMax that is good', { base_resp: { status_code: 0, status_msg: '' } }],
  ['words beside an answer', { message: 'ok' }],
])('%s is no error', (_, more) => {
  const whole = { id: 'c', choices: [{ message: { content: 'a' }, finish_reason: 'stop' }], ...more }
  expect([openAiChatUpstream.parseAnswer(whole, printedNothing)?.choices.length, isAnswer(whole)]).toEqual([1, true])
})

test.each([{ status: 'failed', error: { code: 'server_error', message: 'boom' } }, { error: { message: 'boom' } }])(
  'a response that is named completed and failed is an error: %j',
  (more) => {
    const response = { id: 'r', status: 'completed', output: [], ...more }
    const text = data({ type: 'response.completed', response })
    expect(lastOf(openAiResponsesUpstream, text)).toMatchObject({ type: 'error', error: { message: 'boom' } })
  },
)

test.each([{ message: 'boom' }, { type: 'error', message: 'boom' }])('%j ends a stream of Cohere', (body) => {
  expect(lastOf(cohereUpstream, data(body))).toMatchObject({ type: 'error', error: { message: 'boom' } })
})

test('an error without a type ends a stream of the Messages API, and is no answer', () => {
  const error = { error: { message: 'boom' } }
  expect(lastOf(anthropicUpstream, data(error))).toMatchObject({ type: 'error', error: { message: 'boom' } })
  expect(anthropicUpstream.parseAnswer({ ...error, content: [] }, printedNothing)).toBeUndefined()
})
