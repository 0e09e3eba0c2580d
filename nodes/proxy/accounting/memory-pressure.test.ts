import { expect, test } from 'vitest'
import { ManualClock } from '../../../shared/clock.ts'
import { SharedBudget } from '../http/shared-budget.ts'
import { MemoryPressure } from './memory-pressure.ts'

/** Takes bytes in small pieces, which need no owner. */
function fill(budget: SharedBudget, bytes: number): void {
  for (let taken = 0; taken < bytes; taken += 16 << 10) budget.take(16 << 10, undefined)
}

function empty(budget: SharedBudget): void {
  while (budget.bytes > 0) budget.give(16 << 10, undefined)
}

const owner = (n: number) => ({ keyId: `k${n}`, team: `t${n}` })

function watched() {
  const clock = new ManualClock()
  const memory = { bodies: new SharedBudget(64 << 20), parsed: new SharedBudget(64 << 20) }
  const pressure = MemoryPressure.watch({ clock }, memory)
  return { clock, pressure, ...memory, reasons: () => pressure.troubles().map(({ reason }) => reason) }
}

test('memory that is nearly used up for ten seconds is a degraded state that says what may be refused', () => {
  const { clock, bodies, pressure, reasons } = watched()
  fill(bodies, 60 << 20)
  clock.advance(10_000)
  expect(reasons()).toEqual([])
  clock.advance(2_000)
  expect(pressure.troubles()).toMatchObject([{ level: 'degraded', reason: expect.stringMatching(/request bodies/) }])
  empty(bodies)
  clock.advance(1_000)
  expect(reasons()).toEqual([])
})

test('what is made of bodies has a reason of its own', () => {
  const { clock, parsed, reasons } = watched()
  fill(parsed, 60 << 20)
  clock.advance(12_000)
  expect(reasons()).toEqual([expect.stringMatching(/made of request bodies/)])
})

test('one key that has taken its part is no trouble of the others', () => {
  const { clock, bodies, reasons } = watched()
  while (bodies.take(2 << 20, owner(1))) clock.advance(10)
  clock.advance(60_000)
  expect(reasons()).toEqual([])
})

test('a refusal because all is used up is told for a minute', () => {
  const { clock, bodies, reasons } = watched()
  fill(bodies, 65 << 20)
  empty(bodies)
  clock.advance(2_000)
  expect(reasons()).toEqual([expect.stringMatching(/refused within the last minute/)])
  clock.advance(61_000)
  expect(reasons()).toEqual([])
})

test('once it is stopped it looks no more', () => {
  const { clock, bodies, pressure, reasons } = watched()
  pressure.stop()
  fill(bodies, 64 << 20)
  clock.advance(20_000)
  expect(reasons()).toEqual([])
})
