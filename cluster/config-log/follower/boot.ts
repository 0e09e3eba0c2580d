// Decides what a node serves when it starts, from three witnesses: the log, the high-water mark, and the last good
// copy. One rule stands above all others: a state older than an acknowledged one is never served as the newest.
import type { ConfigState } from '../../../shared/config/state.ts'
import type { LogRefusal } from '../log/config-log.ts'
import type { LogFinding } from '../log/examine-log.ts'
import type { MarkFinding } from '../log/high-water.ts'
import type { CopyFinding } from './last-good.ts'

export type Verdict =
  | { type: 'serve'; state: ConfigState; source: 'log' | 'last-good'; degraded?: string }
  /** No configuration ever existed here. */
  | { type: 'none' }
  | { type: 'damaged'; reason: string }

export interface Witnesses {
  log: LogFinding
  mark: MarkFinding
  copy: CopyFinding
}

export function chooseVerdict({ log, mark, copy }: Witnesses): Verdict {
  if (log.type === 'refused') return withoutLog(log, mark, copy)
  if (log.state.revision > 0 || log.stopped !== undefined) {
    const degraded = log.stopped === undefined ? {} : { degraded: stopReason(log.stopped) }
    return { type: 'serve', state: log.state, source: 'log', ...degraded }
  }
  // An empty log counts as new only when no other witness says that there was more.
  if (mark.type === 'damaged') return { type: 'damaged', reason: `the log is empty, and ${mark.message}` }
  if (copy.damage !== undefined) return { type: 'damaged', reason: `the log is empty, and ${copy.damage}` }
  return { type: 'none' }
}

export function refusalReason(refusal: LogRefusal): string {
  switch (refusal.type) {
    case 'damaged':
      return `the configuration log is damaged at revision ${refusal.revision}: ${refusal.message}`
    case 'rewound':
      return `the configuration log was rewound: it ends at revision ${refusal.revision}, ${refusal.highWater} was acknowledged`
    case 'full':
      return `the disk of the configuration log is full: ${refusal.message}`
    case 'unavailable':
      return `the configuration log is unavailable: ${refusal.message}`
  }
}

export function stopReason(stop: { revision: number; message: string }): string {
  return `stopped before revision ${stop.revision} of the configuration log: ${stop.message}`
}

function withoutLog(log: Extract<LogFinding, { type: 'refused' }>, mark: MarkFinding, copy: CopyFinding): Verdict {
  const reason = refusalReason(log.refusal)
  const damaged = (why: string): Verdict => ({ type: 'damaged', reason: `${reason}; ${why}` })
  const best = newest(log.prefix, copy.state)
  if (best === undefined) {
    // The log is unreachable and was never seen: this is a new node of a cluster, which waits for its log.
    if (log.refusal.type === 'unavailable' && mark.type === 'absent' && copy.damage === undefined)
      return { type: 'none' }
    return damaged(copy.damage ?? 'there is no last good copy')
  }
  if (mark.type === 'damaged')
    return damaged(`${mark.message}, so nothing tells whether the last good copy is the newest`)
  // Without a mark, the revision that the log claims is the least that was acknowledged.
  const floor = mark.type === 'at' ? mark.mark.revision : log.claims
  if (best.revision < floor) {
    return damaged(`the last good copy reaches revision ${best.revision} of ${floor}${because(copy)}`)
  }
  if (mark.type === 'at' && best.revision === floor && best.hash !== mark.mark.hash) {
    return damaged('the last good copy is not what was acknowledged at its revision')
  }
  return { type: 'serve', state: best, source: 'last-good', degraded: `${reason}; serving revision ${best.revision}` }
}

function newest(left: ConfigState | undefined, right: ConfigState | undefined): ConfigState | undefined {
  if (left === undefined || right === undefined) return left ?? right
  return left.revision > right.revision ? left : right
}

function because(copy: CopyFinding): string {
  return copy.damage === undefined ? '' : ` (${copy.damage})`
}
