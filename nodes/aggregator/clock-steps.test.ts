// The wall clock of an aggregator is set forward by an hour, and back again: what it counts by time goes on at once, in both
// directions, and no count is lost.
import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ManualClock } from '../../shared/clock.ts'
import { sampleAttempt, sampleRequest } from '../../shared/telemetry/arbitrary-records.ts'
import type { DecodedRecord } from '../../shared/telemetry/decode.ts'
import { SlidingSketch, slotMs } from './rollup/sliding-sketch.ts'
import { compileObjective } from './slo/objective.ts'
import { SloTally } from './slo/slo-tally.ts'
import { TargetTally } from './weights/target-tally.ts'

/** A clock that an operator or a time server sets while it runs: wall time jumps, monotonic time goes on. */
class SteppingClock extends ManualClock {
  #offMs = 0

  override wallMs(): number {
    return super.wallMs() + this.#offMs
  }

  step(ms: number): void {
    this.#offMs += ms
  }
}

const hourMs = 3_600_000
const objective = compileObjective('all', { objective: 'availability' })
const windowsMs = [60_000, 300_000, 3_600_000, 21_600_000, objective.windowMs]

function request(atMs: number): DecodedRecord {
  const record = sampleRequest({ atMs, status: 'ok', httpStatus: 200, totalUs: 1_000 })
  return { type: 'request', record, provider: '', target: '', attempt: undefined }
}

test('objectives: after any steps what comes now is in every window, and the longest window holds all that ever came', () => {
  const step = fc.constantFrom(-hourMs, -90_000, -1, 0, 1, 90_000, hourMs)
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 8 }), (steps) => {
      const clock = new SteppingClock()
      const tally = new SloTally(clock)
      const database = new DatabaseSync(':memory:')
      tally.open(database)
      tally.setObjectives([objective])
      let all = 0
      for (const ms of steps) {
        clock.step(ms)
        clock.advance(1_000)
        const sum = (windowMs: number) => tally.sum(0, objective.series, clock.wallMs(), windowMs).total
        const before = windowsMs.map(sum)
        tally.add(0, request(clock.wallMs() - 5))
        all++
        windowsMs.forEach((windowMs, index) => void expect(sum(windowMs)).toBe(before[index]! + 1))
        expect(sum(objective.windowMs)).toBe(all)
      }
      database.close()
    }),
    { numRuns: 60 },
  )
})

test('weights: an hour forward and back, and what is measured now still counts as new', () => {
  const clock = new SteppingClock()
  const name = { model: 'fast', provider: 'openai', target: 'gpt-4o-mini' }
  const tally = new TargetTally(clock)
  tally.configure([name], [objective])
  const measure = (ttftUs: number) => {
    const record = sampleAttempt({ atMs: clock.wallMs(), stream: true, ttftUs, totalUs: ttftUs + 1_000 })
    tally.add(0, { type: 'attempt', record })
    return tally.facts(0, clock.wallMs())[0]!
  }
  for (let i = 0; i < 50; i++) measure(100_000)
  clock.step(hourMs)
  expect(measure(200_000).firstUs).toBeCloseTo(200_000, 0)
  clock.step(-hourMs)
  tally.facts(0, clock.wallMs())
  clock.advance(60_000)
  for (let i = 0; i < 20; i++) measure(900_000)
  expect(measure(900_000).firstUs).toBeGreaterThan(800_000)
})

test('latencies of the last minute: an hour forward and back, and they are those of this minute', () => {
  const sketch = new SlidingSketch()
  const now = 1_000_000
  sketch.add(1, now)
  sketch.add(2, now + hourMs / slotMs)
  expect(sketch.recent(now + hourMs / slotMs)?.count).toBe(1)
  expect(sketch.recent(now + 1)).toBeUndefined()
  sketch.add(3, now + 1)
  expect(sketch.recent(now + 1)?.count).toBe(1)
  expect(sketch.sinceStart().count).toBe(3)
})
