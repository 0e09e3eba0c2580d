import { expect, test } from 'vitest'
import { ManualClock } from '../../../shared/clock.ts'
import { Confirmations } from './confirmations.ts'

function world() {
  const clock = new ManualClock()
  const told: number[] = []
  const others: { stored: number | undefined } = { stored: 0 }
  const confirmations = new Confirmations({
    clock,
    tell: ({ sequence }) => void told.push(sequence),
    othersStored: () => others.stored,
  })
  const commit = (position: number, sequence: number) =>
    confirmations.committed([{ partition: 3, position, node: 'proxy-1', epoch: 'boot-1', sequence }])
  return { clock, told, others, confirmations, commit }
}

test('a confirmation waits until the other keeper has committed the same', () => {
  const { told, others, confirmations, commit } = world()
  commit(10, 100)
  commit(20, 200)
  expect(told).toEqual([])
  others.stored = 15
  confirmations.release()
  expect(told).toEqual([100])
  others.stored = 20
  confirmations.release()
  expect(told).toEqual([100, 200])
})

test('where nobody else keeps up, it is told at once', () => {
  const { told, others, commit } = world()
  others.stored = Number.POSITIVE_INFINITY
  commit(10, 100)
  expect(told).toEqual([100])
})

test('nobody is waited for longer than ten seconds', () => {
  const { clock, told, confirmations, commit } = world()
  commit(10, 100)
  clock.advance(9_999)
  confirmations.release()
  expect(told).toEqual([])
  clock.advance(1)
  confirmations.release()
  expect(told).toEqual([100])
})

test('while the stream is away nothing is confirmed, and patience begins when it is back', () => {
  const { clock, told, others, confirmations, commit } = world()
  commit(10, 100)
  others.stored = undefined
  clock.advance(60_000)
  confirmations.release()
  others.stored = 5
  clock.advance(9_000)
  confirmations.release()
  expect(told).toEqual([])
  clock.advance(1_000)
  confirmations.release()
  expect(told).toEqual([100])
})

test('places in a stream that came back as another one confirm nothing', () => {
  const { clock, told, others, confirmations, commit } = world()
  commit(10, 100)
  confirmations.forget(3)
  others.stored = 50
  clock.advance(20_000)
  confirmations.release()
  expect(told).toEqual([])
})
