import { expect, test } from 'vitest'
import { LearnedPace } from './learned-pace.ts'

/** A provider that takes `perSecond` and rejects the rest, asked for `demand` times as much. */
function run(
  pace: LearnedPace,
  { seconds, perSecond, demand }: { seconds: number; perSecond: number; demand: number },
  startMs = 0,
) {
  let [level, taken, rejected] = [perSecond, 0, 0]
  let debt = 0
  for (let nowMs = startMs; nowMs < startMs + seconds * 1_000; nowMs += 5) {
    level = Math.min(perSecond, level + perSecond / 200)
    debt += (perSecond * demand) / 200
    for (; debt >= 1; debt--) {
      if (pace.waitMs(nowMs) > 0) continue
      pace.take(1)
      if (level >= 1) {
        level--
        taken++
        pace.took(1, nowMs)
      } else {
        rejected++
        pace.adjust(-1)
        pace.rejected(nowMs)
      }
    }
  }
  return { used: taken / (perSecond * seconds), rejected: rejected / (taken + rejected) }
}

test('what a provider takes is found from what it rejects', () => {
  const pace = new LearnedPace(0)
  run(pace, { seconds: 60, perSecond: 100, demand: 1.5 })
  const { used, rejected } = run(pace, { seconds: 600, perSecond: 100, demand: 1.5 }, 60_000)
  expect(rejected).toBeLessThan(0.005)
  expect(used).toBeGreaterThan(0.93)
})

test('a provider that takes more is followed up within minutes', () => {
  const pace = new LearnedPace(0)
  run(pace, { seconds: 120, perSecond: 50, demand: 2 })
  run(pace, { seconds: 240, perSecond: 500, demand: 1 }, 120_000)
  const { used } = run(pace, { seconds: 60, perSecond: 500, demand: 1 }, 360_000)
  expect(used).toBeGreaterThan(0.9)
})

test('nobody is held up before a second rejection', () => {
  const pace = new LearnedPace(0)
  pace.rejected(0)
  pace.took(5, 100)
  expect([pace.perMs, pace.waitMs(100)]).toEqual([undefined, 0])
  pace.rejected(1_000)
  expect(pace.perMs).toBeUndefined()
  pace.rejected(3_000)
  expect(pace.perMs).toBeGreaterThan(0)
})
