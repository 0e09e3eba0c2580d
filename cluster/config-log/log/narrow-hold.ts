// Narrows a hold to what may be held back. A configuration may wait; the end of a right may not: a node that goes back
// stops behind the last change that took one from somebody.
import { emptyState } from '../../../shared/config/fold.ts'
import type { ConfigState } from '../../../shared/config/state.ts'
import type { Hold } from '../../data-folder/hold.ts'
import type { ConfigLog, StoredEvent } from './config-log.ts'
import { openEvent } from './event-codec.ts'
import { foldOpened } from './fold-stored.ts'
import { isHarmless } from './harmless.ts'
import type { LogKey } from './log-key.ts'

/** Returns undefined when nothing may be held back, or when the log cannot be read. Folds the whole log, as the follower
 *  of a held log does after it. */
export async function narrowHold(log: ConfigLog, hold: Hold, macKey: LogKey): Promise<Hold | undefined> {
  const state = emptyState()
  let { revision } = hold
  while (state.revision < hold.until) {
    const page = await log.read(state.revision, Math.min(pageEvents, hold.until - state.revision))
    if (!page.ok || page.value.length === 0) return undefined
    for (const stored of page.value) {
      const verdict = judge(state, stored, macKey)
      if (verdict === 'unknown') return undefined
      if (verdict === 'takes-a-right') revision = Math.max(revision, state.revision)
    }
  }
  return revision < hold.until ? { ...hold, revision } : undefined
}

const pageEvents = 256

/** Judges an event by the state before it, and folds it. */
function judge(state: ConfigState, stored: StoredEvent, macKey: LogKey): 'harmless' | 'takes-a-right' | 'unknown' {
  const opened = openEvent(stored, { revision: state.revision + 1, prevHash: state.hash, macKey })
  if (!opened.ok) return 'unknown'
  const isFine = opened.value.type !== 'unknown' && isHarmless(state, opened.value.event.change)
  const folded = foldOpened(state, opened.value, stored.hash)
  if (!folded.ok) return 'unknown'
  return isFine ? 'harmless' : 'takes-a-right'
}
