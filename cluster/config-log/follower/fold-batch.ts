import { setImmediate as nextTurn } from 'node:timers/promises'
import type { ConfigEvent } from '../../../shared/config/events.ts'
import type { ConfigState } from '../../../shared/config/state.ts'
import type { StoredEvent } from '../log/config-log.ts'
import type { ReadableLog } from '../log/examine-log.ts'
import { damagedAt, foldPage } from '../log/fold-stored.ts'
import type { LogKey } from '../log/log-key.ts'
import type { FollowRefusal } from './follow-refusal.ts'

export interface FoldBatchOptions {
  log: ReadableLog
  macKey: LogKey
  /** Called with the events of each page that were folded, and with those among them that this release does not know. */
  onFolded: (events: readonly StoredEvent[], skipped: readonly ConfigEvent[]) => void
}

/** Folds events up to revision `upTo` into `state`, a page a turn, at most `batchEventsMax` of them. Users of the
 *  states then see one change where a hundred events arrived together. */
export async function foldBatch(
  { log, macKey, onFolded }: FoldBatchOptions,
  state: ConfigState,
  upTo: number,
): Promise<FollowRefusal | undefined> {
  const end = Math.min(upTo, state.revision + batchEventsMax)
  while (state.revision < end) {
    const page = await log.read(state.revision, Math.min(pageEvents, end - state.revision))
    if (!page.ok) return page.error
    if (page.value.length === 0) return damagedAt(state.revision + 1, 'events are missing')
    const { refusal, events, skipped } = foldPage(state, page.value, macKey)
    onFolded(events, skipped)
    if (refusal !== undefined) return refusal
    await nextTurn()
  }
  return undefined
}

const pageEvents = 128
/** The most events in one state: a node that catches up with a long history serves something newer now and then. */
const batchEventsMax = 16_384
