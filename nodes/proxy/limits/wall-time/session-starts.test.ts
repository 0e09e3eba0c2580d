import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LocalBus } from '../../../../cluster/bus/local-bus.ts'
import { ManualClock } from '../../../../shared/clock.ts'
import { type SessionStart, SessionStarts } from './session-starts.ts'
import { decodeStarts, shareStarts } from './shared-starts.ts'

const keptMs = 86_400_000
const nowMs = 1_000_000

test('whatever is heard, how often and in which order: every proxy knows the earliest beginning in the end', () => {
  const act = fc.record({ proxy: fc.nat(2), atMs: fc.nat(1_000), lost: fc.boolean(), order: fc.nat(9) })
  fc.assert(
    fc.property(fc.array(act, { minLength: 1, maxLength: 12 }), (acts) => {
      const proxies = [0, 1, 2].map(() => new SessionStarts())
      const said: SessionStart[] = []
      for (const proxy of proxies) proxy.onNews = (start) => void said.push(start)
      const deliver = () => {
        for (const start of said.splice(0)) for (const proxy of proxies) proxy.hear(start, nowMs)
      }
      for (const { proxy, atMs, lost } of acts.toSorted((a, b) => a.order - b.order)) {
        proxies[proxy]?.begin(1, 'key_1', { nowMs: nowMs + atMs, keptMs })
        if (lost) said.length = 0
        else deliver()
      }
      // One more request at each proxy that is new to it tells the others, and who knows better says so.
      for (const proxy of proxies) {
        const startMs = proxy.startOf(1, nowMs)
        if (startMs === undefined) proxy.begin(1, 'key_1', { nowMs: nowMs + 5_000, keptMs })
        else proxy.onNews?.({ key: 1, startMs, untilMs: startMs + keptMs })
      }
      while (said.length > 0) deliver()
      const starts = proxies.map((proxy) => proxy.startOf(1, nowMs))
      expect(new Set(starts).size).toBe(1)
    }),
  )
})

test('who names ever new sessions forgets its own, and nobody else’s', () => {
  const starts = new SessionStarts()
  starts.begin(1, 'key_other', { nowMs, keptMs })
  for (let key = 10; key < 10_000; key++) starts.begin(key, 'key_1', { nowMs, keptMs })
  expect(starts.startOf(1, nowMs)).toBe(nowMs)
  expect(starts.startOf(10, nowMs)).toBeUndefined()
  expect(starts.size).toBe(4_097)
})

test('what others tell is bounded too', () => {
  const starts = new SessionStarts()
  for (let key = 0; key < 140_000; key++) starts.hear({ key, startMs: nowMs, untilMs: nowMs + keptMs }, nowMs)
  expect(starts.size).toBe(131_072)
})

test.each<[string, SessionStart]>([
  ['begins far ahead', { key: 1, startMs: nowMs + 3_600_000, untilMs: nowMs + keptMs }],
  ['is forgotten already', { key: 1, startMs: 1, untilMs: nowMs }],
  ['is kept for ever', { key: 1, startMs: nowMs, untilMs: Number.MAX_SAFE_INTEGER }],
  ['ends before it begins', { key: 1, startMs: nowMs + 1_000, untilMs: nowMs + 500 }],
])('a session that %s is not believed', (_, start) => {
  const starts = new SessionStarts()
  starts.hear(start, nowMs)
  expect(starts.size).toBe(0)
})

describe('over the bus', () => {
  const heard = () => new Promise((resolve) => setImmediate(resolve))

  test('a session that begins at one proxy has begun at the other, and one that starts later is told at its first request', async () => {
    const clock = new ManualClock(nowMs)
    const bus = new LocalBus()
    const all = [new SessionStarts(), new SessionStarts(), new SessionStarts()] as const
    const [one, two, late] = all
    const sharing = [one, two].map((starts) => shareStarts({ starts, bus, clock }))
    one.begin(7, 'key_1', { nowMs, keptMs })
    clock.advance(50)
    await heard()
    expect(two.startOf(7, nowMs)).toBe(nowMs)
    sharing.push(shareStarts({ starts: late, bus, clock }))
    expect(late.begin(7, 'key_1', { nowMs: clock.wallMs(), keptMs })).toBe(nowMs + 50)
    for (let round = 0; round < 3; round++) {
      clock.advance(50)
      await heard()
    }
    expect(all.map((starts) => starts.startOf(7, nowMs))).toEqual([nowMs, nowMs, nowMs])
    for (const each of sharing) each.stop()
  })

  test.each([
    ['no JSON', Buffer.from('nothing')],
    ['no list', Buffer.from('{"key":1}')],
    ['texts', Buffer.from('[["1","2","3"]]')],
    ['too few', Buffer.from('[[1,2]]')],
    ['fractions', Buffer.from('[[1.5,2,3]]')],
    ['numbers below 0', Buffer.from('[[-1,2,3]]')],
    ['an object', Buffer.from('[{"0":1,"1":2,"2":3}]')],
  ])('%s says nothing', (_, payload) => {
    expect(decodeStarts(payload)).toEqual([])
  })
})
