import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ManualClock } from '../../../shared/clock.ts'
import { type Deadline, TimerWheel } from './timer-wheel.ts'

class Recorded implements Deadline {
  deadlineSlot = -1
  deadlineTick = 0
  deadlineNext: Deadline | undefined = undefined
  deadlinePrevious: Deadline | undefined = undefined
  firedAtMs: number[] = []
  readonly #clock: ManualClock
  constructor(clock: ManualClock) {
    this.#clock = clock
  }
  onDue(): void {
    this.firedAtMs.push(this.#clock.monotonicMs())
  }
}

function wheel() {
  const clock = new ManualClock(0)
  const deadlines = new TimerWheel(clock)
  deadlines.start()
  return { clock, deadlines }
}

test('a deadline fires once, not before its time and at most two ticks after it', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 60_000 }), fc.integer({ min: 0, max: 5_000 }), (waitMs, beforeMs) => {
      const { clock, deadlines } = wheel()
      clock.advance(beforeMs)
      const deadline = new Recorded(clock)
      deadlines.arm(deadline, waitMs)
      clock.advance(waitMs + 60_000)
      expect(deadline.firedAtMs).toHaveLength(1)
      expect(deadline.firedAtMs[0]! - beforeMs).toBeGreaterThanOrEqual(waitMs)
      expect(deadline.firedAtMs[0]! - beforeMs).toBeLessThanOrEqual(waitMs + 50)
    }),
    { numRuns: 60 },
  )
})

test('a deadline that was cancelled or moved does not fire at its old time', () => {
  const { clock, deadlines } = wheel()
  const [cancelled, moved] = [new Recorded(clock), new Recorded(clock)]
  deadlines.arm(cancelled, 100)
  deadlines.arm(moved, 100)
  deadlines.cancel(cancelled)
  deadlines.arm(moved, 1_000)
  clock.advance(500)
  expect([cancelled.firedAtMs, moved.firedAtMs]).toEqual([[], []])
  clock.advance(600)
  expect(moved.firedAtMs).toHaveLength(1)
})

test('a wait without end is one of 30 days, and no sooner', () => {
  const { clock, deadlines } = wheel()
  const deadline = new Recorded(clock)
  deadlines.arm(deadline, Number.POSITIVE_INFINITY)
  clock.advance(100_000)
  expect(deadline.firedAtMs).toEqual([])
})

test('deadlines of one slot are independent: each that was not cancelled fires once, whatever the others do', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          waitMs: fc.nat({ max: 20_000 }),
          thenMs: fc.option(fc.nat({ max: 20_000 })),
          cancel: fc.boolean(),
        }),
        {
          maxLength: 40,
        },
      ),
      (plans) => {
        const { clock, deadlines } = wheel()
        const made = plans.map((plan) => ({ plan, deadline: new Recorded(clock) }))
        for (const { plan, deadline } of made) deadlines.arm(deadline, plan.waitMs)
        for (const { plan, deadline } of made) if (plan.thenMs !== null) deadlines.arm(deadline, plan.thenMs)
        for (const { plan, deadline } of made) if (plan.cancel) deadlines.cancel(deadline)
        clock.advance(60_000)
        for (const { plan, deadline } of made) {
          const dueMs = plan.thenMs ?? plan.waitMs
          expect(deadline.firedAtMs).toHaveLength(plan.cancel ? 0 : 1)
          for (const firedAtMs of deadline.firedAtMs) {
            expect(firedAtMs).toBeGreaterThanOrEqual(dueMs)
            expect(firedAtMs).toBeLessThanOrEqual(dueMs + 50)
          }
        }
      },
    ),
    { numRuns: 60 },
  )
})

test('a deadline that fires may cancel another one of its slot, and arm itself anew', () => {
  const { clock, deadlines } = wheel()
  const fired: string[] = []
  const victim = new Recorded(clock)
  const killer = new Recorded(clock)
  killer.onDue = () => {
    fired.push('killer')
    deadlines.cancel(victim)
    if (fired.length < 3) deadlines.arm(killer, 100)
  }
  victim.onDue = () => void fired.push('victim')
  deadlines.arm(victim, 100)
  deadlines.arm(killer, 100)
  clock.advance(2_000)
  expect(fired.filter((name) => name === 'killer')).toHaveLength(3)
})
