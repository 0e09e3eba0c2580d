// Something of ours throws in the middle of a request: the request ends with a 500 or a cut stream, one record and one settled hold.
import { expect, test } from 'vitest'
import type { ChatRequest } from '../../../shared/chat/request.ts'
import type { Outcome } from '../accounting/outcome.ts'
import { TestGateway } from '../apis/test-gateway.ts'
import type { Policy, PolicyDecision } from '../policies/policy.ts'
import type { AnswerFilter } from '../streams/answer-filter.ts'
import { openAiChat } from '../streams/test-streams.ts'

const question = { model: 'pair', messages: [{ role: 'user', content: 'hi' }] }
const streamed = { ...question, stream: true }

function throwing(): never {
  throw new Error('it was never tried')
}

/** A policy with a hold, and a request whose conversation cannot be read any more once `state.isBroken`. */
function holding(filter?: AnswerFilter) {
  const settled: Outcome[] = []
  const state = { isBroken: false }
  const policy: Policy = {
    name: 'holding',
    governs: () => true,
    decide: (_request, asked): PolicyDecision => {
      const parsed = asked.parsed()
      if (!parsed.ok) return throwing()
      const { request } = parsed.value
      const fragile: ChatRequest = {
        ...request,
        get messages() {
          return state.isBroken ? throwing() : request.messages
        },
      }
      const hold = { settle: (outcome: Outcome) => void settled.push(outcome) }
      const changed = filter === undefined ? asked.with(fragile) : asked
      return { type: 'proceed', asked: changed, hold, ...(filter === undefined ? {} : { filter }) }
    },
  }
  return { policies: [policy], settled, state }
}

function expectOneEnd(gateway: TestGateway, settled: readonly Outcome[]): void {
  expect(gateway.record.status).toBe(settled[0]?.status)
  expect(settled).toHaveLength(1)
  expect(gateway.leftovers).toEqual({ inFlight: 0, armed: 0, live: 0 })
  expect(gateway.outcome.notices.map(({ type }) => type)).toEqual(['handler-threw'])
  expect(gateway.attempts.map(({ index }) => index)).toEqual(gateway.attempts.map((_attempt, index) => index))
}

test('while the second attempt is prepared', async () => {
  const { policies, settled, state } = holding()
  const gateway = await TestGateway.open({ policies })
  const { reply, body } = gateway.call({ body: question })
  state.isBroken = true
  gateway.upstream.last.answer(503, {})
  expect([reply.status, body.released]).toEqual([500, 1])
  expect(gateway.record).toMatchObject({ status: 'failed', errorCode: 'internal_error', attempts: 1 })
  expectOneEnd(gateway, settled)
})

test('while an attempt begins after a pause', async () => {
  const { policies, settled } = holding()
  const gateway = await TestGateway.open({ policies, model: { retries: { attempts: 2 } } })
  const { reply, body } = gateway.call({ body: { ...question, model: 'gpt' } })
  gateway.upstream.last.answer(429, {}, { 'retry-after': '1' })
  gateway.upstream.send = throwing
  gateway.clock.advance(2_000)
  expect([reply.status, body.released]).toEqual([500, 1])
  expect(gateway.attempts.map(({ outcome }) => outcome)).toEqual(['http-error', 'aborted'])
  expectOneEnd(gateway, settled)
})

test('when the head of an answer opens its stream', async () => {
  const { policies, settled } = holding(throwing)
  const gateway = await TestGateway.open({ policies })
  const { reply, body } = gateway.call({ body: streamed })
  gateway.upstream.last.head(200, { 'content-type': 'text/event-stream' })
  expect([reply.status, body.released, gateway.upstream.last.aborted]).toEqual([500, 1, true])
  expectOneEnd(gateway, settled)
})

/** A filter that throws at the event that the end of the upstream makes. */
const throwsAtCut: AnswerFilter = (emit) => (event) => (event.type === 'upstream-cut' ? throwing() : emit(event))
const throwsAtWord: AnswerFilter = (emit) => (event) => (event.type === 'text-delta' ? throwing() : emit(event))
const throwsAtEnd: AnswerFilter = (emit) => (event) => (event.type === 'end' ? throwing() : emit(event))

test.each([
  { name: 'at its last event', filter: throwsAtEnd, rest: openAiChat.closing },
  { name: 'when the upstream ends it too early', filter: throwsAtCut, rest: '' },
])('in a filter of a stream that has begun, $name', async ({ filter, rest }) => {
  const { policies, settled } = holding(filter)
  const gateway = await TestGateway.open({ policies })
  const { reply, body } = gateway.call({ body: streamed })
  gateway.upstream.last.stream(openAiChat.opening, openAiChat.word('hi'), rest).end()
  expect([reply.ended, body.released]).toEqual([true, 1])
  expect(reply.text).toContain('"code":"internal_error"')
  expect(gateway.record).toMatchObject({ status: 'cut', errorCode: 'internal_error' })
  expectOneEnd(gateway, settled)
})

test('in a filter of a finished stream whose connection is lost, or that is not ended in time', async () => {
  for (const play of ['lost', 'silent'] as const) {
    const { policies, settled } = holding(throwsAtEnd)
    const gateway = await TestGateway.open({ policies })
    const { reply } = gateway.call({ body: streamed })
    const { upstream, clock } = gateway
    upstream.last.stream(openAiChat.opening, openAiChat.word('hi'), openAiChat.closing.replace('data: [DONE]\n\n', ''))
    if (play === 'lost') upstream.last.fail('reset')
    else clock.advance(70_000)
    expect(reply.ended).toBe(true)
    expect(gateway.record.attempts).toBe(1)
    expect(settled).toHaveLength(1)
    expect(gateway.leftovers).toEqual({ inFlight: 0, armed: 0, live: 0 })
  }
})

test('in a filter of a whole answer: nothing is held against the target', async () => {
  const { policies, settled } = holding(throwsAtWord)
  const gateway = await TestGateway.open({ policies })
  const { reply } = gateway.call({ body: question })
  gateway.upstream.last.answer(200, openAiChat.whole('hi'))
  expect([reply.status, gateway.target('pair').health.failuresInRow]).toEqual([500, 0])
  expect(gateway.record.tokens.input).toBeGreaterThan(0)
  expectOneEnd(gateway, settled)
})
