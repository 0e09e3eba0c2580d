// Tells the operator that more is counted, or that more proxies share limits, than this one keeps.
import type { Clock } from '../../../shared/clock.ts'
import type { Notify } from '../../../shared/notice.ts'

export interface FullLimits {
  readonly clock: Clock
  readonly notify: Notify
  readonly max: { readonly nodes: number; readonly counts: number }
}

const pauseMs = 3_600_000

/** A function that tells of each kind at most once an hour. */
export function notifySeldom({ clock, notify, max }: FullLimits): (what: 'nodes' | 'counts') => void {
  const toldMs = { nodes: Number.NEGATIVE_INFINITY, counts: Number.NEGATIVE_INFINITY }
  return (what) => {
    if (clock.monotonicMs() - toldMs[what] < pauseMs) return
    toldMs[what] = clock.monotonicMs()
    notify({ type: 'limits-full', what, max: max[what] })
  }
}
