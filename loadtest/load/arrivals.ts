// When requests are to be sent, decided before the first one is: an open loop does not wait for answers, so a slow server
// cannot slow its own measurement down.
import type { Chance } from '../../shared/clock.ts'

export type ArrivalProfile = 'poisson' | 'bursty'

export interface ArrivalOptions {
  ratePerSecond: number
  count: number
  profile: ArrivalProfile
  chance: Chance
}

// Requests arrive in a fifth of each tenth of a second, at five times the rate, so the mean stays the same.
const burstPeriodMs = 100
const burstShare = 0.2

/** Milliseconds after the start, ascending. */
export function arrivalTimesMs(options: ArrivalOptions): Float64Array {
  const { ratePerSecond, count, profile, chance } = options
  const meanGapMs = 1_000 / ratePerSecond
  const times = new Float64Array(count)
  let busyMs = 0
  for (let index = 0; index < count; index++) {
    busyMs += -Math.log(1 - chance()) * meanGapMs * (profile === 'bursty' ? burstShare : 1)
    times[index] = profile === 'bursty' ? stretched(busyMs) : busyMs
  }
  return times
}

/** Time on the clock of the bursts → time on the wall: the pauses are put between. */
function stretched(busyMs: number): number {
  const burstMs = burstPeriodMs * burstShare
  return Math.floor(busyMs / burstMs) * burstPeriodMs + (busyMs % burstMs)
}
