import { expect, test } from 'vitest'
import type { ChatAnswer } from '../../../shared/chat/answer.ts'
import { usageOf } from '../../../shared/chat/usage.ts'
import { ManualClock } from '../../../shared/clock.ts'
import type { Outcome } from '../accounting/outcome.ts'
import { testSettlement } from '../accounting/test-settlement.ts'
import { testTarget } from '../providers/test-connect.ts'
import { inferenceRequest, readFacts, readModels } from '../request/read-inference.ts'
import { testHead, testRequest, testSnapshot } from '../request/test-request.ts'
import { directRoute } from '../routing/model-route.ts'
import type { AnswerFilter } from '../streams/answer-filter.ts'
import { LiveRequests } from './live/live-requests.ts'
import { replayAnswer } from './replay-answer.ts'

const answer: ChatAnswer = {
  id: 'hit_1',
  model: 'gpt-4o',
  created: 5,
  choices: [{ parts: [{ type: 'text', text: 'from memory' }], finish: { reason: 'stop' } }],
  usage: usageOf({ input: 5, output: 2 }),
}

interface Replaying {
  readonly path?: string
  readonly body?: object
  readonly filters?: readonly AnswerFilter[]
  readonly replayed?: ChatAnswer
}

const messages = [{ role: 'user', content: 'hi' }]

function replayed({
  path = '/v1/chat/completions',
  body: text = { model: 'm', messages },
  filters = [],
  replayed: given = answer,
}: Replaying = {}) {
  const clock = new ManualClock(1_000)
  const settled: Outcome[] = []
  const snapshot = testSnapshot({ m: directRoute('m', testTarget()) })
  const { request, reply, body } = testRequest({ head: testHead({ path }), body: text, snapshot, startedMs: 1_000 })
  const models = readModels(request)
  const facts = models.ok ? readFacts(request, models.value) : models
  if (!facts.ok) throw new Error(JSON.stringify(facts.error))
  const { settlement, recorder, notices } = testSettlement(clock)
  const tools = { clock, chance: () => 0, notify: () => {}, settlement, live: new LiveRequests() }
  const holds = [{ settle: (outcome: Outcome) => void settled.push(outcome) }]
  const permit = { asked: inferenceRequest(facts.value), holds, filters }
  clock.advance(3)
  replayAnswer(tools, request, { answer: given, cacheStatus: 'SEMANTIC_HIT', permit })
  return { reply, body, settled, records: recorder.records, notices }
}

test('a whole answer is printed in the dialect of the caller', () => {
  const { reply, body, records } = replayed()
  expect(JSON.parse(reply.text)).toMatchObject({
    object: 'chat.completion',
    choices: [{ message: { content: 'from memory' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 5, completion_tokens: 2 },
  })
  expect([reply.status, reply.header('content-type'), body.released]).toEqual([200, 'application/json', 1])
  expect(records).toMatchObject([{ status: 'ok', cacheStatus: 'SEMANTIC_HIT', attempts: 0, costNanoUsd: 0, ttftUs: 0 }])
})

test('a stream of it has the events that the answer is made of, in one write', () => {
  const { reply, records } = replayed({ body: { model: 'm', messages, stream: true } })
  expect(reply.header('content-type')).toBe('text/event-stream')
  expect(reply.text).toContain('"content":"from memory"')
  expect(reply.text).toMatch(/data: \[DONE\]\n\n$/)
  expect(records).toMatchObject([{ stream: true, tokens: { input: 5, output: 2 }, ttftUs: 3_000, totalUs: 3_000 }])
})

test('its headers tell where it comes from', () => {
  const { reply } = replayed({ path: '/v1/messages', body: { model: 'm', max_tokens: 9, messages } })
  expect(reply.header('x-headgate-cache-status')).toBe('SEMANTIC_HIT')
  expect(reply.header('x-headgate-overhead-ms')).toBe('3')
  expect(reply.header('x-headgate-cost-usd')).toBe('0')
  expect(reply.header('request-id')).toBe('req_1')
  expect(reply.header('x-headgate-provider')).toBeUndefined()
})

test('an answer that knows no usage is recorded with none', () => {
  const { records } = replayed({ replayed: { ...answer, usage: undefined } })
  expect(records).toMatchObject([{ tokens: { input: 0, output: 0, cached: 0 }, estimated: false }])
})

test('the filters of now decide what of it the caller gets', () => {
  const silent: AnswerFilter = (emit) => (event) => {
    if (event.type !== 'text-delta') emit(event)
  }
  const { reply } = replayed({ filters: [silent] })
  expect(JSON.parse(reply.text).choices[0].message.content).not.toBe('from memory')
})

test('where they leave no answer, the caller is told that something broke', () => {
  const nothing: AnswerFilter = () => () => {}
  const { reply, records, settled, body } = replayed({ filters: [nothing] })
  expect([reply.status, settled.length, body.released]).toEqual([500, 1, 1])
  expect(records).toMatchObject([{ status: 'refused', errorCode: 'internal_error', model: 'm' }])
})

test('a request that cannot be read is told so', () => {
  const { reply, records } = replayed({ body: { model: 'm', messages: [{ role: 'nobody', content: 1 }] } })
  expect([reply.status, records[0]?.status, records[0]?.model]).toEqual([400, 'refused', 'm'])
})
