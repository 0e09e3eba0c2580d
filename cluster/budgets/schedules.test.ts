// Hard budgets under simulated schedules: no order of faults lets more be charged than there is, and a minute after the last fault the
// register knows all that was spent and nothing is held. `SCHEDULE_SEED=<n> npm test -- schedules` plays one again.
import { expect, test } from 'vitest'
import { Schedule } from './test-schedule.ts'

const schedules = Number(process.env['SCHEDULES'] ?? 1_000)
const only = process.env['SCHEDULE_SEED']
const seeds = only === undefined ? { first: 1, last: schedules } : { first: Number(only), last: Number(only) }

test(`of ${schedules} schedules none spends more than the budget`, async () => {
  const sums = { faults: 0, usd: 0 }
  for (let seed = seeds.first; seed <= seeds.last; seed++) {
    const { overshoot, charged, faults, wrong } = await new Schedule(seed).play()
    expect({ seed, overshoot, wrong }).toEqual({ seed, overshoot: 0, wrong: undefined })
    sums.faults += faults
    sums.usd += charged / 1e9
  }
  // Faults and spending are what the schedules are about.
  expect(sums.faults).toBeGreaterThanOrEqual(seeds.last - seeds.first)
  expect(sums.usd).toBeGreaterThan(0)
  process.stdout.write(
    `schedules ${seeds.first}–${seeds.last}: ${sums.faults} faults, $${sums.usd.toFixed(2)} charged, overshoot 0\n`,
  )
}, 7_200_000)
