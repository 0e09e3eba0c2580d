// Folds the configuration as it was at a revision, from the nearest kept state or from the beginning, and proves every
// event. It works on any log: a node's, a copy of it, or the stream of a cluster.
import { setImmediate as nextTurn } from 'node:timers/promises'
import { emptyState, forkState, looseState, settling } from '../../../shared/config/fold.ts'
import type { ConfigState } from '../../../shared/config/state.ts'
import { done, fail, type Result } from '../../../shared/result.ts'
import type { LogRefusal } from '../log/config-log.ts'
import { isGenuine } from '../log/event-codec.ts'
import type { ReadableLog } from '../log/examine-log.ts'
import { damagedAt, type FoldStop, foldPage } from '../log/fold-stored.ts'
import type { LogKey } from '../log/log-key.ts'
import type { Checkpoints } from './checkpoints.ts'

export interface StateAtOptions {
  log: ReadableLog
  macKey: LogKey
  /** The kept states. Absent: every event from the first one on is folded. */
  checkpoints?: Pick<Checkpoints, 'nearest'> | undefined
  /** Receives a state each time that the fold is far from the kept ones, so that the next caller can start from it.
   *  Nobody may fold it on. */
  onFar?: (state: ConfigState) => void
}

/** Returns the state at `revision`, which the log has to reach; otherwise the answer is 'damaged'. */
export async function stateAt(
  { log, macKey, checkpoints, onFar }: StateAtOptions,
  revision: number,
): Promise<Result<ConfigState, LogRefusal | FoldStop>> {
  const kept = await checkpoints?.nearest(revision)
  // A loose state makes the forks for `onFar` expensive.
  const nothing = onFar === undefined ? looseState() : emptyState()
  const state = kept !== undefined && (await isOf(log, kept, macKey)) ? kept : nothing
  let near = state.revision
  while (state.revision < revision) {
    const page = await log.read(state.revision, Math.min(pageEvents, revision - state.revision))
    if (!page.ok) return page
    if (page.value.length === 0) return fail(damagedAt(state.revision + 1, 'events are missing'))
    const { refusal } = foldPage(state, page.value, macKey)
    if (refusal !== undefined) return fail(refusal)
    if (state.revision - near >= farEvents) {
      near = state.revision
      onFar?.(forkState(state))
    }
    await nextTurn()
  }
  for (const _ of settling(state)) await nextTurn()
  return done(state)
}

/** Returns whether the state was folded from this log, and not from another history. */
async function isOf(log: ReadableLog, { revision, hash }: ConfigState, macKey: LogKey): Promise<boolean> {
  if (revision === 0) return true
  const page = await log.read(revision - 1, 1)
  const stored = page.ok ? page.value[0] : undefined
  return stored?.revision === revision && stored.hash === hash && isGenuine(stored, macKey, revision)
}

const pageEvents = 256
const farEvents = 32_768
