import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FadingMean } from './fading-mean.ts'

const tauMs = 8_000
const samples = fc.array(fc.record({ value: fc.integer({ min: 1, max: 1_000 }), atMs: fc.nat(60_000) }), {
  minLength: 1,
  maxLength: 30,
})

test('it is the mean of all values, each by its age, whatever order they came in', () => {
  fc.assert(
    fc.property(samples, (values) => {
      const mean = new FadingMean(tauMs)
      for (const { value, atMs } of values) mean.add(value, atMs)
      const weights = values.map(({ atMs }) => Math.exp(-(70_000 - atMs) / tauMs))
      const weight = weights.reduce((sum, one) => sum + one, 0)
      const expected = values.reduce((sum, { value }, index) => sum + value * weights[index]!, 0) / weight
      expect(mean.mean).toBeCloseTo(expected, 6)
      expect(mean.weightAt(70_000)).toBeCloseTo(weight, 6)
    }),
  )
})

test('what is not renewed is forgotten, and the next value takes over', () => {
  const mean = new FadingMean(tauMs)
  for (let i = 0; i < 100; i++) mean.add(500, i)
  expect(mean.weightAt(100)).toBeGreaterThan(98)
  expect(mean.weightAt(100_000)).toBeLessThan(0.001)
  mean.add(50, 100_000)
  expect(mean.mean).toBeCloseTo(50, 0)
})

test('with a largest weight the newest values decide, however many there were', () => {
  const mean = new FadingMean(tauMs, 10)
  for (let i = 0; i < 1_000; i++) mean.add(500, 0)
  for (let i = 0; i < 30; i++) mean.add(100, 0)
  expect(mean.weightAt(0)).toBeCloseTo(10)
  expect(mean.mean).toBeLessThan(130)
})

test('nothing known weighs nothing', () => {
  const mean = new FadingMean(tauMs)
  expect([mean.mean, mean.weightAt(1e9)]).toEqual([0, 0])
  mean.pullUp(100)
  expect(mean.mean).toBe(0)
})

test('a pull brings the mean half the way', () => {
  const mean = new FadingMean(tauMs)
  mean.add(100, 0)
  mean.pullUp(500)
  expect([mean.mean, mean.weightAt(0)]).toEqual([300, 1])
})
