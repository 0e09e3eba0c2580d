// Statistics of few, noisy rounds: medians and resampling, no assumption of a distribution.
import type { Chance } from '../../shared/clock.ts'

/** The mean of the two middle values when their number is even; NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  if (sorted.length % 2 === 1) return sorted[middle]!
  return sorted.length === 0 ? Number.NaN : (sorted[middle - 1]! + sorted[middle]!) / 2
}

export interface Interval {
  low: number
  high: number
}

const resamples = 2_000

/** 95 % percentile bootstrap of the median (Efron 1979). */
export function medianInterval(values: readonly number[], chance: Chance): Interval {
  const medians = Array.from({ length: resamples }, () =>
    median(values.map(() => values[Math.floor(chance() * values.length)]!)),
  ).sort((a, b) => a - b)
  return { low: medians[Math.floor(resamples * 0.025)]!, high: medians[Math.ceil(resamples * 0.975) - 1]! }
}

/** Slope of the least-squares line through (x, y); 0 when there is no spread in x. */
export function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const meanX = mean(points.map(([x]) => x))
  const meanY = mean(points.map(([, y]) => y))
  const spread = sum(points.map(([x]) => (x - meanX) ** 2))
  return spread === 0 ? 0 : sum(points.map(([x, y]) => (x - meanX) * (y - meanY))) / spread
}

export function mean(values: readonly number[]): number {
  return sum(values) / values.length
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
