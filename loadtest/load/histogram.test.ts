import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Histogram } from './histogram.ts'

function histogramOf(values: readonly number[]): Histogram {
  const histogram = new Histogram()
  for (const value of values) histogram.record(value)
  return histogram
}

test('every quantile is within a thousandth of the exact one', () => {
  const latencies = fc.array(fc.double({ min: 0.0001, max: 100_000, noNaN: true }), { minLength: 1, maxLength: 200 })
  fc.assert(
    fc.property(latencies, fc.double({ min: 0, max: 1, noNaN: true }), (values, share) => {
      const sorted = values.toSorted((a, b) => a - b)
      const exact = sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1] ?? 0
      const found = histogramOf(values).quantileMs(share)
      expect(Math.abs(found - exact)).toBeLessThanOrEqual(exact * 0.001 + 0.0001)
    }),
  )
})

test('the sum of two histograms is the histogram of both', () => {
  const values = fc.array(fc.double({ min: 0, max: 10_000, noNaN: true }), { maxLength: 50 })
  fc.assert(
    fc.property(values, values, (some, others) => {
      const sum = histogramOf(some)
      sum.add(histogramOf(others))
      expect(sum.summary()).toEqual(histogramOf([...some, ...others]).summary())
    }),
  )
})

test('the summary is in microseconds and its maximum is exact', () => {
  expect(histogramOf([1, 1, 1, 7.123456]).summary()).toMatchObject({
    count: 4,
    p50: expect.closeTo(1_000, -1),
    max: 7_123.456,
  })
})

test('an empty histogram is all zeros', () => {
  expect(new Histogram().summary()).toEqual({ count: 0, p50: 0, p90: 0, p99: 0, p999: 0, max: 0 })
})
