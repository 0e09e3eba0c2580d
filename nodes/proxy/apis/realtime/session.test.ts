// A session between two sockets in memory, under a clock that the test moves: what silence and stalled sides come to.

import { expect, test } from 'vitest'
import { bounds } from '../../../../shared/bounds.ts'
import { ManualClock } from '../../../../shared/clock.ts'
import { priceOfRates } from '../../../../shared/models/price.ts'
import type { AttemptRecord, RequestRecord } from '../../../../shared/telemetry/records.ts'
import { AnswerCounts } from '../../accounting/answer-counts.ts'
import type { Intents } from '../../accounting/intents/intents.ts'
import { testJournal } from '../../accounting/intents/test-intents.ts'
import { Settlement } from '../../accounting/settle.ts'
import { realtimeOperation } from '../../operations/gateway-operations.ts'
import type { Target } from '../../providers/endpoint.ts'
import { testRequest } from '../../request/test-request.ts'
import { AttemptPlan } from '../../routing/attempt-plan.ts'
import { directRoute } from '../../routing/model-route.ts'
import type { StandIn } from '../../telemetry/stand-ins.ts'
import { RealtimeSession } from './session.ts'
import type { SessionPlan } from './session-plan.ts'
import { SessionRecords } from './session-records.ts'

/** One side: what it was sent, how much of that it has not taken, and how it was closed. */
class Side {
  bufferedBytes = 0
  takes = true
  readonly sent: string[] = []
  closed: { code: number | undefined; reason: string } | undefined
  paused = false
  pings = 0

  send(message: Uint8Array): void {
    this.sent.push(Buffer.from(message).toString())
    if (!this.takes) this.bufferedBytes += message.length
  }

  close(code: number | undefined, reason: string): void {
    this.closed ??= { code, reason }
  }

  terminate(): void {}
  abandon(): void {}

  ping(): void {
    this.pings++
  }

  pause(): void {
    this.paused = true
  }

  resume(): void {
    this.paused = false
  }
}

function opened(more: Partial<Target> = {}, intents?: Intents) {
  const clock = new ManualClock(1_000)
  const [client, upstream] = [new Side(), new Side()]
  const load = { inFlight: 1, failuresInRow: 0 }
  const target = {
    provider: 'live',
    model: 'x',
    price: undefined,
    facts: {},
    quirks: {},
    health: load,
    ...more,
  } as unknown as Target
  const route = directRoute('voice', target)
  const chance = () => 0
  const attemptPlan = new AttemptPlan({
    revision: 1,
    stream: true,
    clock,
    chance,
    route,
    routeOf: () => undefined,
  })
  const planned = attemptPlan.next()!
  const request = { ...testRequest().request, operation: realtimeOperation }
  const plan: SessionPlan = { request, asked: 'voice', model: 'voice', attemptPlan, headerLines: '', protocol: '' }
  const recorded: RequestRecord[] = []
  const attempts: AttemptRecord[] = []
  const recorder = {
    finish(
      record: RequestRecord,
      ofRequest: readonly AttemptRecord[],
      _: () => void,
      standIns: readonly StandIn[] = [],
    ) {
      recorded.push(record)
      attempts.push(...ofRequest)
      for (const one of standIns) one.close()
    },
  }
  const settlement = new Settlement({ clock, chance, notify: () => {}, recorder, counts: new AnswerCounts(() => {}) })
  const records = new SessionRecords(request, 'voice', { settlement, intents })
  const end = { attempts: [], attemptCount: 1, fallbackIndex: 0, openedMs: clock.monotonicMs() }
  const session = new RealtimeSession({ clock, plan, planned, records, end, upstream })
  session.client = client
  const pass = (ms: number) => {
    for (let left = ms; left > 0; left -= 1_000) {
      clock.advance(Math.min(1_000, left))
      session.sweep(clock.monotonicMs())
    }
  }
  return { session, client, upstream, recorded, attempts, load, pass }
}

const event = (body: object) => Buffer.from(JSON.stringify(body))
const codeIn = ({ sent }: Side) => JSON.parse(sent.at(-1)!).error.code

test('silence ends a session after its time, and not before; a word from either side begins it anew', () => {
  const { session, client, upstream, recorded, load, pass } = opened()
  pass(bounds.socketIdleMs - 1_000)
  session.onMessage(Buffer.from('hi'), false)
  pass(bounds.socketIdleMs - 1_000)
  session.fromUpstream(Buffer.from('hello'), false)
  pass(bounds.socketIdleMs)
  expect(client.closed).toBeUndefined()
  pass(2_000)
  expect([client.closed?.code, codeIn(client), upstream.closed?.code]).toEqual([1_001, 'session_idle', 1_001])
  expect(recorded).toMatchObject([{ requestId: 'req_1', status: 'cut', errorCode: 'session_idle' }])
  expect(load.inFlight).toBe(0)
  expect(upstream.pings).toBeGreaterThan(100)
})

test('a client that takes nothing pauses the upstream at once, and is closed when it goes on for too long', () => {
  const { session, client, upstream, recorded, pass } = opened()
  client.takes = false
  const piece = Buffer.alloc(64 << 10)
  for (let sent = 0; !upstream.paused; sent += piece.length) {
    expect(sent).toBeLessThanOrEqual(bounds.socketBufferBytesMax + piece.length)
    session.fromUpstream(piece, true)
  }
  pass(bounds.socketStalledMs - 1_000)
  // It took a little: that is enough, once more.
  client.bufferedBytes -= 1
  session.onDrain()
  pass(bounds.socketStalledMs)
  expect([client.closed, upstream.paused]).toEqual([undefined, true])
  pass(1_000)
  expect([client.closed?.code, codeIn(client)]).toEqual([1_008, 'client_too_slow'])
  expect(recorded).toHaveLength(1)
})

test('the upstream goes on when the client has taken half', () => {
  const { session, client, upstream, pass } = opened()
  client.takes = false
  session.fromUpstream(Buffer.alloc(2 * bounds.socketBufferBytesMax), true)
  expect(upstream.paused).toBe(true)
  client.bufferedBytes = bounds.socketBufferBytesMax / 2 + 1
  session.onDrain()
  expect(upstream.paused).toBe(true)
  client.bufferedBytes = 0
  session.onDrain()
  expect(upstream.paused).toBe(false)
  pass(60_000)
  expect(client.closed).toBeUndefined()
})

test('an upstream that takes nothing of a little for too long is as bad as one that takes nothing of much', () => {
  const first = opened()
  first.upstream.takes = false
  first.session.onMessage(Buffer.alloc(bounds.socketBufferBytesMax + 1), true)
  first.pass(bounds.socketStalledMs)
  expect(first.client.closed).toBeUndefined()
  first.pass(1_000)
  expect([first.client.closed?.code, codeIn(first.client)]).toEqual([1_013, 'upstream_too_slow'])
  const second = opened()
  second.upstream.takes = false
  for (let i = 0; i < 6 && second.client.closed === undefined; i++) {
    second.session.onMessage(Buffer.alloc(bounds.socketBufferBytesMax), true)
  }
  expect(second.client.closed?.code).toBe(1_013)
})

test('a response that never ends is recorded as such, with no cost that nobody told', () => {
  const { session, recorded } = opened()
  session.fromUpstream(event({ type: 'response.created' }), false)
  session.onClose(1_006, '')
  expect(recorded).toMatchObject([
    { requestId: 'req_1.1', status: 'client-aborted', unpriced: true, tokens: { input: 0, output: 0 } },
    { requestId: 'req_1', status: 'client-aborted' },
  ])
})

test('responses that nobody ends do not pile up', () => {
  const { session, recorded } = opened()
  for (let i = 0; i < 100; i++) session.fromUpstream(event({ type: 'response.created' }), false)
  session.onUpstreamClosed(1_000, '')
  expect(recorded.length).toBeLessThanOrEqual(17)
})

test('whatever comes after its end changes nothing', () => {
  const { session, client, upstream, recorded, load, pass } = opened()
  session.onUpstreamClosed(4_000, 'x'.repeat(300))
  expect(client.closed?.code).toBe(4_000)
  expect(Buffer.byteLength(client.closed!.reason)).toBeLessThanOrEqual(123)
  session.onClose(1_000, '')
  session.onUpstreamClosed(1_000, '')
  session.fromUpstream(event({ type: 'response.done', response: {} }), false)
  session.cut({ type: 'unknown-key' })
  session.drain()
  pass(bounds.socketIdleMs * 2)
  expect([recorded.length, load.inFlight, upstream.closed]).toEqual([1, 0, undefined])
})

const priced = {
  price: priceOfRates({ input: 1, output: 2 }, { type: 'configured' }),
  facts: { contextTokensMax: 1_000, outputTokensMax: 100 },
}
/** The whole context and the longest answer. */
const bound = 1_000 * 1_000 + 100 * 2_000
const usage = { input_tokens: 7, output_tokens: 3, total_tokens: 10 }

test('each response is journaled from its begin to its record, under the name of the record', () => {
  const { journal } = testJournal()
  const { session, recorded, attempts } = opened(priced, journal)
  session.fromUpstream(event({ type: 'response.created' }), false)
  session.fromUpstream(event({ type: 'response.created' }), false)
  expect(journal.queues()['intents']?.length).toBe(2)
  session.fromUpstream(event({ type: 'response.done', response: { status: 'completed', usage } }), false)
  session.fromUpstream(event({ type: 'response.done', response: { status: 'completed', usage } }), false)
  expect(journal.queues()['intents']?.length).toBe(0)
  expect(recorded.map(({ requestId }) => requestId)).toEqual(['req_1.1', 'req_1.2'])
  expect(attempts.map(({ costNanoUsd, settlement }) => [costNanoUsd, settlement])).toEqual([
    [13_000, undefined],
    [13_000, undefined],
  ])
})

test('a response that ends without its usage costs the most that it can', () => {
  const { session, attempts } = opened(priced, testJournal().journal)
  session.fromUpstream(event({ type: 'response.created' }), false)
  session.fromUpstream(event({ type: 'response.done', response: { status: 'completed' } }), false)
  expect(attempts).toMatchObject([{ requestId: 'req_1.1', costNanoUsd: bound, settlement: 'bound' }])
})

test.each([
  ['where that is known', priced, bound, 'bound', false],
  ['and is flagged where that is not known', { ...priced, facts: {} }, 0, 'unpriced', true],
  ['and is flagged without a price', {}, 0, 'unpriced', true],
] as const)(
  'a response that is cut off costs the most that it can, %s',
  (_, target, costNanoUsd, settlement, unpriced) => {
    const { session, recorded, attempts } = opened(target, testJournal().journal)
    session.fromUpstream(event({ type: 'response.created' }), false)
    session.onClose(1_001, '')
    expect(attempts).toMatchObject([{ requestId: 'req_1.1', costNanoUsd, settlement }])
    expect(recorded[0]).toMatchObject({ status: 'client-aborted', costNanoUsd, unpriced })
  },
)
