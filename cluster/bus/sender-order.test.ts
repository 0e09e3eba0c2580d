import { expect, test } from 'vitest'
import { SenderOrder } from './sender-order.ts'

test('a gap of one publisher on one subject is what was missed', () => {
  const order = new SenderOrder()
  expect(order.hear('a', 's', 7)).toBe(0)
  expect(order.hear('a', 's', 8)).toBe(0)
  expect(order.hear('a', 's', 12)).toBe(3)
  expect(order.hear('a', 'other', 40)).toBe(0)
  expect(order.hear('b', 's', 1)).toBe(0)
})

test('what comes twice or late is not new', () => {
  const order = new SenderOrder()
  const heard = [1, 2, 2, 1, 3].map((sequence) => order.hear('a', 's', sequence))
  expect(heard).toEqual([0, 0, undefined, undefined, 0])
})

test('what its publisher does not count is always new, and misses nothing', () => {
  const order = new SenderOrder()
  expect([0, 0, Number.NaN].map((sequence) => order.hear('a', 's', sequence))).toEqual([0, 0, 0])
})

test('the number of publishers that are remembered is bounded', () => {
  const order = new SenderOrder()
  for (let i = 0; i < 10_000; i++) order.hear(`origin ${i}`, 's', 1)
  expect(order.hear('origin 0', 's', 100)).toBe(0)
  expect(order.hear('origin 9999', 's', 3)).toBe(1)
})
