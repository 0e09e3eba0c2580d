// Waits between attempts: one at a time, never longer than the request may take, and over at once when the request ends.
import { expect, test } from 'vitest'
import { ManualClock } from '../../../../shared/clock.ts'
import { done } from '../../../../shared/result.ts'
import { testTarget } from '../../providers/test-connect.ts'
import { testRequest } from '../../request/test-request.ts'
import { TimerWheel } from '../../routing/timer-wheel.ts'
import type { Late, Made } from '../../translators/translator.ts'
import { plannedAt } from '../test-attempt.ts'
import { AttemptWaits } from './attempt-waits.ts'

class PlayedWaits extends AttemptWaits {
  due = 0
  readonly bugs: unknown[] = []
  override onDue(): void {
    this.due++
  }
  protected override onBug(error: unknown): void {
    this.bugs.push(error)
  }
  waits(): { pausing: boolean; waiting: boolean } {
    return { pausing: this.isPausing, waiting: this.isWaiting }
  }
  override waitFor<Value>(late: Late<Value>, planned: Planned, onMade: (made: Made<Value>) => void): void {
    super.waitFor(late, planned, onMade)
  }
  override stopPausing(): void {
    super.stopPausing()
  }
}

type Planned = ReturnType<typeof plannedAt>

function played() {
  const clock = new ManualClock(0)
  const timers = new TimerWheel(clock)
  timers.start()
  const tools = { clock, chance: () => 0, notify: () => {}, timers, intents: undefined }
  const waits = new PlayedWaits(tools, testRequest().request, false)
  const { promise, resolve, reject } = Promise.withResolvers<Made<string>>()
  const stopped: string[] = []
  const late = { start: () => promise, stop: () => void stopped.push('stopped') }
  return { waits, clock, planned: plannedAt(testTarget()), late, resolve, reject, stopped }
}

const turn = () => new Promise((settle) => setImmediate(settle))

test('a wait ends with what was made', async () => {
  const { waits, planned, late, resolve } = played()
  const made: unknown[] = []
  waits.waitFor(late, planned, (one) => void made.push(one))
  expect(waits.waits()).toEqual({ pausing: true, waiting: true })
  resolve(done('it'))
  await turn()
  expect(made).toEqual([done('it')])
  expect(waits.waits().waiting).toBe(false)
})

test('a wait is no longer than the request may take', () => {
  const { waits, planned, late, clock } = played()
  waits.waitFor(late, planned, () => {})
  clock.advance(planned.route.timeouts.totalMs + 1_000)
  expect(waits.due).toBe(1)
})

test('after a stop nothing is called, and nobody makes it any more', async () => {
  const { waits, planned, late, clock, resolve, stopped } = played()
  const made: unknown[] = []
  waits.waitFor(late, planned, (one) => void made.push(one))
  waits.stopPausing()
  resolve(done('it'))
  await turn()
  clock.advance(planned.route.timeouts.totalMs + 1_000)
  expect({ made, due: waits.due, stopped, ...waits.waits() }).toEqual({
    made: [],
    due: 0,
    stopped: ['stopped'],
    pausing: false,
    waiting: false,
  })
})

test('what is thrown while it is made ends the request', async () => {
  const { waits, planned, late, reject } = played()
  waits.waitFor(late, planned, () => {})
  reject(new Error('broken'))
  await turn()
  expect(waits.bugs).toEqual([new Error('broken')])
})
