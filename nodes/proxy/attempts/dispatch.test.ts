// Dispatch and delivery together, in a whole pipeline over an upstream that the test plays: which attempt follows which, and the
// laws that hold whatever an upstream, a caller and the clock do.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ModelSpec } from '../../../shared/config/kinds/models/spec.ts'
import type { Outcome } from '../accounting/outcome.ts'
import { type TestCall, TestGateway } from '../apis/test-gateway.ts'
import { encodedEvent } from '../dialects/test-dialects.ts'
import type { Policy } from '../policies/policy.ts'
import { anthropic, openAiChat, type PlayedDialect } from '../streams/test-streams.ts'
import type { ScriptedCall } from '../upstream/test-upstream.ts'

const messages = [{ role: 'user', content: 'hi' }]
const pair = { model: 'pair', messages }
const retried = { model: { retries: { attempts: 2 } } }
/** Two ticks of the wheel: what is due at once is begun by then. */
const atOnceMs = 50
const json = { 'content-type': 'application/json' }

describe('the next attempt', () => {
  test('a target that fails is followed by the next, and the caller hears of the answer alone', async () => {
    const gateway = await TestGateway.open()
    const { reply } = gateway.call({ body: pair })
    gateway.upstream.last.answer(503, { error: { message: 'down' } })
    expect(gateway.upstream.calls.map(({ request }) => request.origin.host)).toEqual([
      'api.openai.com',
      'spare.example',
    ])
    gateway.upstream.last.answer(200, openAiChat.whole('hello'))
    expect([reply.status, reply.header('x-headgate-attempts'), reply.header('x-headgate-provider')]).toEqual([
      200,
      '2',
      'spare',
    ])
    expect(reply.text).not.toContain('down')
    expect(gateway.attempts.map(({ index, outcome, provider }) => [index, outcome, provider])).toEqual([
      [0, 'http-error', 'up'],
      [1, 'ok', 'spare'],
    ])
  })

  test('the second attempt is sent the bytes of the first, which go back to their pool after the last', async () => {
    const gateway = await TestGateway.open()
    const { body } = gateway.call({ body: pair })
    const [first] = gateway.upstream.calls
    first?.bodySent().answer(500, {})
    expect(body.released).toBe(0)
    expect(gateway.upstream.last.text).toBe(first?.text)
    gateway.upstream.last.head(200, json).bodySent()
    expect(body.released).toBe(0)
    gateway.upstream.last.fail()
    expect(body.released).toBe(1)
  })

  test('bytes that an upstream has not taken yet outlive an answer that came before', async () => {
    const gateway = await TestGateway.open()
    const { body, reply } = gateway.call({ body: { ...pair, stream: true } })
    gateway.upstream.last.stream(openAiChat.opening, openAiChat.word('early'))
    expect([reply.status, body.released]).toEqual([200, 0])
    gateway.upstream.last.bodySent()
    expect(body.released).toBe(1)
  })

  test('the same target is tried again after a pause, as long as it asked for', async () => {
    const gateway = await TestGateway.open(retried)
    gateway.call({ body: { model: 'gpt', messages } })
    gateway.upstream.last.answer(429, {}, { 'retry-after': '1' })
    gateway.clock.advance(900)
    expect(gateway.upstream.calls).toHaveLength(1)
    gateway.clock.advance(100 + atOnceMs)
    expect(gateway.upstream.calls).toHaveLength(2)
  })

  test('a wait longer than a second is told to the caller', async () => {
    const gateway = await TestGateway.open(retried)
    const { reply } = gateway.call({ body: { model: 'gpt', messages } })
    gateway.upstream.last.answer(429, {}, { 'retry-after': '30' })
    expect([reply.status, reply.header('retry-after')]).toEqual([429, '30'])
    expect(gateway.record).toMatchObject({ status: 'failed', errorCode: 'rate_limit_exceeded', attempts: 1 })
  })

  test('where every target limits us, the caller is told the shortest wait', async () => {
    const gateway = await TestGateway.open({ model: { retries: { attempts: 1 } } })
    const { reply } = gateway.call({ body: pair })
    gateway.upstream.last.answer(429, {}, { 'retry-after': '20' })
    gateway.upstream.last.answer(429, {}, { 'retry-after': '30' })
    expect([reply.status, reply.header('retry-after')]).toEqual([429, '20'])
  })

  test('where one of them fails otherwise, the last failure is told', async () => {
    const gateway = await TestGateway.open({ model: { retries: { attempts: 1 } } })
    const { reply } = gateway.call({ body: pair })
    gateway.upstream.last.answer(500, {})
    gateway.upstream.last.answer(429, {}, { 'retry-after': '30' })
    expect([reply.status, gateway.record.errorCode]).toEqual([429, 'rate_limit_exceeded'])
  })

  test('an upstream that refuses our credential is left, and the operator is told', async () => {
    const gateway = await TestGateway.open()
    gateway.call({ body: pair })
    gateway.upstream.last.answer(401, {})
    expect(gateway.upstream.calls).toHaveLength(2)
    expect(gateway.outcome.notices).toEqual([
      { type: 'upstream-auth-refused', provider: 'up', credential: 'main', status: 401 },
    ])
    const [credential] = gateway.target('gpt').credentials
    expect(credential?.health.refusedUntilMs).toBe(gateway.clock.monotonicMs() + 10_000)
  })

  test('a rejected request is nobody else’s to answer: its error is forwarded', async () => {
    const gateway = await TestGateway.open()
    const { reply } = gateway.call({ body: pair })
    const error = { error: { message: 'no such tool', type: 'invalid_request_error', code: 'x', param: 'tools' } }
    gateway.upstream.last.answer(422, error)
    expect(gateway.upstream.calls).toHaveLength(1)
    expect([reply.status, JSON.parse(reply.text)]).toEqual([422, error])
    expect(gateway.target('pair').health.failuresInRow).toBe(0)
  })

  test('nothing is tried again after the first byte', async () => {
    const gateway = await TestGateway.open()
    const { reply } = gateway.call({ body: { ...pair, stream: true } })
    gateway.upstream.last.stream(openAiChat.opening, openAiChat.word('hel')).fail()
    expect(gateway.upstream.calls).toHaveLength(1)
    expect(reply.text).toContain('"code":"upstream_error"')
    expect(reply.text).not.toContain('[DONE]')
    expect(gateway.record).toMatchObject({ status: 'cut', httpStatus: 200 })
  })

  test('an error in the place of the first event is followed by another target, whatever it is', async () => {
    const gateway = await TestGateway.open()
    const { reply } = gateway.call({ body: { ...pair, stream: true } })
    gateway.upstream.last.stream('data: {"error":{"message":"engine on fire"}}\n\n')
    expect([gateway.upstream.calls[0]?.aborted, gateway.upstream.calls.length]).toEqual([true, 2])
    gateway.upstream.last.stream(openAiChat.opening, openAiChat.word('fine'), openAiChat.closing).end()
    expect(reply.text).toContain('fine')
    expect(reply.text).not.toContain('fire')
  })

  test('no attempt begins when the whole time of the request is over', async () => {
    const gateway = await TestGateway.open()
    const { reply } = gateway.call({ body: pair, headers: { 'x-headgate-timeout': '2s' } })
    gateway.clock.advance(2_000 + atOnceMs)
    expect([gateway.upstream.calls.length, reply.status]).toEqual([1, 504])
    expect(gateway.record).toMatchObject({ status: 'failed', errorCode: 'upstream_timeout' })
  })

  test('a caller may ask for fewer attempts than the route makes', async () => {
    const gateway = await TestGateway.open()
    const { reply } = gateway.call({ body: pair, headers: { 'x-headgate-retries': '0' } })
    gateway.upstream.last.answer(500, {})
    expect([gateway.upstream.calls.length, reply.status]).toEqual([1, 502])
  })

  test('the fallbacks of the request come after the targets of its model', async () => {
    const gateway = await TestGateway.open()
    const { reply } = gateway.call({ body: { models: ['gpt', 'claude'], messages } })
    gateway.upstream.last.answer(500, {})
    expect(gateway.upstream.last.request.origin.host).toBe('api.anthropic.com')
    gateway.upstream.last.answer(200, anthropic.whole('bonjour'))
    expect(reply.header('x-headgate-fallback-index')).toBe('1')
    expect(reply.text).toContain('bonjour')
  })

  test('a caller who leaves in a pause ends it: no attempt follows', async () => {
    const gateway = await TestGateway.open(retried)
    const { reply, body } = gateway.call({ body: { model: 'gpt', messages } })
    gateway.upstream.last.answer(429, {}, { 'retry-after': '1' })
    reply.leave()
    gateway.clock.advance(10_000)
    expect([gateway.upstream.calls.length, body.released]).toEqual([1, 1])
    expect(gateway.record).toMatchObject({ status: 'client-aborted', attempts: 1, costNanoUsd: 0 })
    expect(gateway.leftovers).toEqual({ inFlight: 0, armed: 0, live: 0 })
  })

  test('a target that cannot take the request costs no attempt, and models that could are named', async () => {
    const gateway = await TestGateway.open()
    const video = { type: 'video_url', video_url: { url: 'https://example.com/a.mp4' } }
    const body = { model: 'claude', messages: [{ role: 'user', content: [video] }] }
    const { reply } = gateway.call({ body })
    expect([gateway.upstream.calls.length, reply.status]).toEqual([0, 400])
    expect(gateway.record).toMatchObject({ status: 'failed', model: 'claude', attempts: 0 })
    expect(reply.text).toContain('These models could: `aws`, `gem`')
  })
})

test('an error and broken bytes in one read fail an attempt once', async () => {
  const gateway = await TestGateway.open({ model: { retries: { attempts: 1 } } })
  const { reply } = gateway.call({ body: { model: 'aws', messages, stream: true } })
  const error = encodedEvent('throttlingException', { message: 'slow down' }, 'exception')
  const call = gateway.upstream.last.head(200, { 'content-type': 'application/vnd.amazon.eventstream' })
  call.data(Buffer.concat([error, Buffer.alloc(64, 0xff)]))
  gateway.clock.advance(2_000)
  expect([gateway.upstream.calls.length, gateway.target('aws').health.inFlight]).toEqual([2, 1])
  gateway.upstream.last.fail()
  expect(gateway.record).toMatchObject({ status: 'failed', attempts: 2 })
  expect([reply.ended, gateway.attempts.length]).toEqual([true, 2])
})

// ── laws ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

type Move = (parts: { gateway: TestGateway; call: TestCall; open: ScriptedCall; dialect: PlayedDialect }) => void

const played = (play: (open: ScriptedCall, dialect: PlayedDialect) => void): Move => {
  return ({ open, dialect }) => play(open, dialect)
}

const moves: Readonly<Record<string, Move>> = {
  'head of a stream': played((open) => open.head(200, { 'content-type': 'text/event-stream' })),
  'head of a whole answer': played((open) => open.head(200, json)),
  'head of a page': played((open) => open.head(200, { 'content-type': 'text/html' })),
  'unknown encoding': played((open) => open.head(200, { ...json, 'content-encoding': 'brotli-2' })),
  limited: played((open) => open.head(429, { ...json, 'retry-after': '1' })),
  'refused credential': played((open) => open.head(401, json)),
  rejected: played((open) => open.head(400, json)),
  broken: played((open) => open.head(500, json)),
  opening: played((open, { opening }) => open.data(opening)),
  word: played((open, { word }) => open.data(word('hello'))),
  closing: played((open, { closing }) => open.data(closing)),
  'closing and more': played((open, { closing, word }) => open.data(closing + word('more'))),
  'error event': played((open) => open.data('event: error\ndata: {"type":"error","error":{"message":"no"}}\n\n')),
  'half an event': played((open) => open.data('data: {"cho')),
  'whole answer': played((open, { whole }) => open.data(JSON.stringify(whole('hello')))),
  'no JSON': played((open) => open.data('<html>')),
  'an event too long': played((open) => open.data('x'.repeat((1 << 20) + 1))),
  end: played((open) => open.end()),
  reset: played((open) => open.fail('reset')),
  'no connection': played((open) => open.fail('connect')),
  'body taken': played((open) => open.bodySent()),
  'the caller leaves': ({ call }) => call.reply.leave(),
  'the caller is slow': ({ call }) => {
    call.reply.full = true
  },
  'the caller takes again': ({ call }) => call.reply.takeAgain(),
  'the key ends': ({ gateway }) => gateway.live.cut(() => ({ type: 'unknown-key' })),
  'a tick': ({ gateway }) => gateway.clock.advance(25),
  silence: ({ gateway }) => gateway.clock.advance(700),
  'long silence': ({ gateway }) => gateway.clock.advance(3_000),
}

const timeouts: ModelSpec['timeouts'] = { firstToken: '1s', idle: '1s', total: '5s' }
const asked = fc.record({
  model: fc.constantFrom('gpt', 'pair', 'claude'),
  stream: fc.boolean(),
  isFiltered: fc.boolean(),
  attempts: fc.constantFrom(0, 2),
  // Words that belong together come together more often than chance would have it.
  script: fc.array(
    fc.oneof(
      fc.constantFrom(...Object.keys(moves)).map((name) => [name]),
      fc.constant(['head of a stream', 'opening', 'word']),
      fc.constant(['word', 'closing', 'end']),
      fc.constant(['head of a whole answer', 'whole answer', 'end']),
      fc.constant(['head of a stream', 'word', 'the caller leaves']),
    ),
    { maxLength: 8 },
  ),
})

test('whatever comes, a request leaves one record, one settled hold and nothing else', async () => {
  const statuses = new Set<string>()
  await fc.assert(
    fc.asyncProperty(asked, async ({ model, stream, isFiltered, attempts, script }) => {
      const settled: Outcome[] = []
      const holding: Policy = {
        name: 'holding',
        governs: () => true,
        decide: (_request, own) => ({
          type: 'proceed',
          asked: own,
          hold: { settle: (outcome) => void settled.push(outcome) },
          ...(isFiltered ? { filter: (emit) => emit } : {}),
        }),
      }
      const gateway = await TestGateway.open({ policies: [holding], model: { timeouts, retries: { attempts } } })
      const call = gateway.call({ body: { model, messages, stream } })
      const dialect = model === 'claude' ? anthropic : openAiChat
      for (const name of script.flat()) moves[name]?.({ gateway, call, open: gateway.upstream.last, dialect })
      gateway.clock.advance(20_000)

      const { record, attempts: made } = gateway
      expect(settled).toHaveLength(1)
      expect(call.body.released).toBe(1)
      expect(gateway.leftovers).toEqual({ inFlight: 0, armed: 0, live: 0 })
      expect(call.reply.gone).toBe(true)
      expect(gateway.upstream.calls.filter(({ isOpen }) => isOpen)).toEqual([])
      expect(made.map(({ index }) => index)).toEqual(gateway.upstream.calls.map((_call, index) => index))
      expect(record.attempts).toBe(made.length)
      expect(record.status === 'ok').toBe(made.at(-1)?.outcome === 'ok')
      if (record.status !== 'client-aborted') expect(call.reply.status).toBe(record.httpStatus)
      if (record.status === 'cut') expect(call.reply.text).not.toMatch(/\[DONE\]/)
      statuses.add(record.status)
    }),
    { numRuns: 200 },
  )
  // A law that only ever saw failures would be none.
  expect([...statuses].sort()).toEqual(['client-aborted', 'cut', 'failed', 'ok'])
}, 60_000)
