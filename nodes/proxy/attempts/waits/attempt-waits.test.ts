import { expect, test } from 'vitest'
import { ManualClock } from '../../../../shared/clock.ts'
import { done } from '../../../../shared/result.ts'
import { testRequest } from '../../request/test-request.ts'
import { defaultTimeouts } from '../../routing/model-route.ts'
import { TimerWheel } from '../../routing/timer-wheel.ts'
import type { Late } from '../../translators/translator.ts'
import { AttemptWaits } from './attempt-waits.ts'

class Waits extends AttemptWaits {
  readonly told: string[] = []
  onDue(): void {
    this.told.push('due')
  }
  onBug(error: unknown): void {
    this.told.push(String(error))
  }
  wait(late: Late<string>, totalMs: number): void {
    const timeouts = { ...defaultTimeouts, totalMs }
    this.waitFor(late, { route: { timeouts } }, (made) => this.told.push(made.ok ? made.value : 'failed'))
  }
  stop(): void {
    this.stopPausing()
  }
  get state(): readonly boolean[] {
    return [this.isPausing, this.isWaiting]
  }
}

function opened() {
  const clock = new ManualClock(0)
  const timers = new TimerWheel(clock)
  timers.start()
  const tools = { clock, timers, chance: () => 0, notify: () => {} }
  const { request } = testRequest({})
  return { clock, waits: new Waits(tools as never, request, false) }
}

test('what an attempt waits for is told, and nothing is told once the wait was stopped', async () => {
  const { waits } = opened()
  let stopped = 0
  const late = (value: string): Late<string> => ({ start: async () => done(value), stop: () => void stopped++ })
  waits.wait(late('a'), 1_000)
  expect(waits.state).toEqual([true, true])
  await Promise.resolve()
  expect(waits.told).toEqual(['a'])
  waits.wait(late('b'), 1_000)
  waits.stop()
  await Promise.resolve()
  expect([waits.told, waits.state, stopped]).toEqual([['a'], [false, false], 1])
})

test('a wait ends with the time of the request', () => {
  const { clock, waits } = opened()
  waits.wait({ start: () => new Promise(() => {}), stop: () => {} }, 500)
  clock.advance(600)
  expect(waits.told).toEqual(['due'])
})

test('what throws in it is a bug', async () => {
  const { waits } = opened()
  waits.wait({ start: () => Promise.reject(new Error('broken')), stop: () => {} }, 500)
  await new Promise((resolve) => setImmediate(resolve))
  expect(waits.told).toEqual(['Error: broken'])
})
