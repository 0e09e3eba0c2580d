// A number in [0, 1) that is derived from the seed of a request: the same seed draws the same target from the same weight
// table, on every replay. The seed is drawn by chance and never from what a caller sends: whoever chose it would choose the
// dear target or the slow one.
import type { Chance } from '../../../shared/clock.ts'

/** The seed of a request: 32 bits. */
export function drawSeed(chance: Chance): number {
  return Math.floor(chance() * 2 ** 32)
}

/** The draw of one attempt. `attempt` counts from 0; `salt` combines the revisions of the configuration and of the weight table. */
export function drawOf(seed: number, attempt: number, salt: number): number {
  // The finalizer of MurmurHash3 spreads seeds and attempts that differ in one bit.
  return mixed(mixed(seed ^ Math.imul(attempt + 1, 0x9e3779b1)) ^ salt) / 2 ** 32
}

function mixed(value: number): number {
  let bits = value
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return (bits ^ (bits >>> 16)) >>> 0
}
