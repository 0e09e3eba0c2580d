import fc from 'fast-check'
import { expect, test } from 'vitest'
import { nthSmallest, OutputLengths } from './output-lengths.ts'

test('512 tokens are expected of a model whose answers are not known', () => {
  const lengths = new OutputLengths()
  for (let count = 0; count < 15; count++) lengths.learn('m', 10)
  expect([lengths.expected('m'), lengths.expected('other')]).toEqual([512, 512])
})

test('four of five answers are no longer than what is expected', () => {
  const lengths = new OutputLengths()
  for (let count = 0; count < 416; count++) lengths.learn('m', (count % 100) + 1)
  expect(lengths.expected('m')).toBe(80)
})

test('answers of long ago are forgotten', () => {
  const lengths = new OutputLengths()
  for (let count = 0; count < 1_000; count++) lengths.learn('m', 5_000)
  for (let count = 0; count < 432; count++) lengths.learn('m', 50)
  expect(lengths.expected('m')).toBe(50)
})

test('the selected number is the one of the sorted list', () => {
  const list = fc.array(fc.nat(50), { minLength: 1, maxLength: 60 })
  fc.assert(
    fc.property(list, fc.nat(59), (numbers, place) => {
      const rank = place % numbers.length
      const found = nthSmallest(Float32Array.from([...numbers, -1, 99]), numbers.length, rank)
      expect(found).toBe(numbers.toSorted((a, b) => a - b)[rank])
    }),
  )
})
