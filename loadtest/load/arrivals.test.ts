import { expect, test } from 'vitest'
import { seededChance } from '../measure/chance.ts'
import { type ArrivalProfile, arrivalTimesMs } from './arrivals.ts'

const arrivals = (profile: ArrivalProfile, seed = 1) =>
  arrivalTimesMs({ ratePerSecond: 1_000, count: 20_000, profile, chance: seededChance(seed) })

test.each<ArrivalProfile>(['poisson', 'bursty'])('%s arrivals ascend and keep the mean rate', (profile) => {
  const times = arrivals(profile)
  expect(times.every((time, index) => index === 0 || time >= (times[index - 1] ?? 0))).toBe(true)
  expect((times.at(-1) ?? 0) / 20_000).toBeCloseTo(1, 1)
})

test('bursty arrivals come in the first fifth of each period only', () => {
  expect(arrivals('bursty').every((time) => time % 100 <= 20)).toBe(true)
})

test('the same seed gives the same arrivals, another seed others', () => {
  expect(arrivals('poisson')).toEqual(arrivals('poisson'))
  expect(arrivals('poisson')).not.toEqual(arrivals('poisson', 2))
})
