// The load of the machine that tests run on. A test that bounds a time bounds it for a machine of its own; on a machine that others
// use too, everything takes as many times longer as there are processes for one core.
import { availableParallelism, loadavg } from 'node:os'

/** How many processes share one core, 1 at least. */
export function busyness(): number {
  return Math.max(1, (loadavg()[0] ?? 0) / availableParallelism())
}
