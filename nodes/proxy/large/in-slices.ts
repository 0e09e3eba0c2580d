// Work that is cut into slices: each `yield` is the end of one.
import type { Clock } from '../../../shared/clock.ts'
import type { Slices } from '../../../shared/work/slices.ts'
import { TimeSlice } from './time-slice.ts'

/** Does the work in turns of the event loop, so that requests do not wait for all of it. */
export async function inSlices<Value>(slices: Slices<Value>, clock: Clock): Promise<Value> {
  const turn = new TimeSlice(clock)
  for (;;) {
    const step = slices.next()
    if (step.done === true) return step.value
    await turn.yieldIfDue()
  }
}
