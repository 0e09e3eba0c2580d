// Narrows a hold to what may be held back. A configuration may wait; the end of an access may not: what was revoked
// stays revoked, also on a node that goes back.
import type { Change, ConfigEvent } from '../../../shared/config/events.ts'
import type { Hold } from '../../data-folder/hold.ts'
import type { ConfigLog } from './config-log.ts'

/** Returns undefined when nothing may be held back, or when the log cannot be read. */
export async function narrowHold(log: ConfigLog, hold: Hold): Promise<Hold | undefined> {
  let revision = hold.revision
  for (let at = hold.revision; at < hold.until; ) {
    const page = await log.read(at, Math.min(pageEvents, hold.until - at))
    if (!page.ok || page.value.length === 0) return undefined
    for (const stored of page.value) {
      at = stored.revision
      if (endsAccess(stored.bytes)) revision = at
    }
  }
  return revision < hold.until ? { ...hold, revision } : undefined
}

const pageEvents = 256
const ends: ReadonlySet<string> = new Set<Change['type']>([
  ...(['key-revoked', 'key-rotated', 'team-deleted', 'user-deleted', 'app-deleted'] as const),
])

function endsAccess(bytes: Uint8Array): boolean {
  try {
    const { change } = JSON.parse(new TextDecoder().decode(bytes)) as ConfigEvent
    const parts = change.type === 'change-set' ? change.changes : [change]
    return parts.some(({ type }) => ends.has(type))
  } catch {
    return false // the fold reports what is wrong with it
  }
}
