// Epochs of leases. Receivers ignore epochs below the highest one that they have heard, so an epoch of the far future would
// silence every later holder. An epoch is at least the time in seconds at which its lease was taken, and grows by one with
// each owner: it is never far ahead of the clock, unless a clock was.
import { bounds } from './bounds.ts'

export function isEpochAhead(epoch: number, wallMs: number): boolean {
  return epoch > wallMs / 1_000 + bounds.epochAheadSecondsMax
}
