// The step of every replay: proves that stored bytes are the next event, then folds it.
import type { ConfigChange, ConfigEvent } from '../../../shared/config/events.ts'
import { applyEvent } from '../../../shared/config/fold.ts'
import type { ConfigState } from '../../../shared/config/state.ts'
import { done, fail, type Result } from '../../../shared/result.ts'
import type { LogRefusal, StoredEvent } from './config-log.ts'
import { type ChainBreak, type EventBytes, type OpenedEvent, openEvent, openPage } from './event-codec.ts'
import type { LogKey } from './log-key.ts'

/** The event is genuine but this release cannot fold it: nothing is damaged, and nothing after it may be folded
 *  either. */
export interface FoldStop {
  readonly type: 'stopped'
  readonly revision: number
  readonly eventType: string
  readonly message: string
}

export interface Folded {
  event: ConfigEvent
  /** True when the event is of a newer release, and ignorable. */
  skipped: boolean
}

/** Proves and folds one event into `state`, which is unchanged when the event is refused. */
export function foldStored(
  state: ConfigState,
  stored: EventBytes,
  macKey: LogKey,
): Result<Folded, ChainBreak | FoldStop> {
  const opened = openEvent(stored, { revision: state.revision + 1, prevHash: state.hash, macKey })
  return opened.ok ? foldOpened(state, opened.value, stored.hash) : opened
}

export interface FoldedPage {
  /** The events of the page that were folded: a prefix of it. */
  events: StoredEvent[]
  skipped: ConfigEvent[]
  /** Why the fold ended before the end of the page. */
  refusal: LogRefusal | FoldStop | undefined
}

/** Folds a page into `state`, as far as it is proven and can be folded. */
export function foldPage(state: ConfigState, page: readonly StoredEvent[], macKey: LogKey): FoldedPage {
  const { opened, broken } = openPage(page, state, macKey)
  const folded: FoldedPage = { events: [], skipped: [], refusal: undefined }
  for (const [index, one] of opened.entries()) {
    const stored = page[index]!
    const step = foldOpened(state, one, stored.hash)
    if (!step.ok) return { ...folded, refusal: step.error }
    folded.events.push(stored)
    if (step.value.skipped) folded.skipped.push(step.value.event)
  }
  if (broken !== undefined) folded.refusal = damagedAt(broken.revision, broken.message)
  return folded
}

export function damagedAt(revision: number, message: string): LogRefusal {
  return { type: 'damaged', revision, message }
}

/** Folds an event that `openEvent` has just proven to be the next. */
export function foldOpened(state: ConfigState, opened: OpenedEvent, hash: string): Result<Folded, FoldStop> {
  const { event } = opened
  if (opened.type === 'unknown') {
    if (!opened.ignorable) return fail(stop(event, `this release does not know events of type ${opened.eventType}`))
    state.revision = event.revision
    state.hash = hash
    return done({ event, skipped: true })
  }
  if (!isWellFormed(event.change)) return fail(stop(event, 'it is not of the shape that its type has'))
  try {
    applyEvent(state, event, hash)
    return done({ event, skipped: false })
  } catch (error) {
    // A poison event must not become a crash loop on every node at once.
    return fail(stop(event, `it cannot be folded: ${error instanceof Error ? error.message : String(error)}`))
  }
}

// Checks the shape before the fold changes anything: half a change set is a state that no log ever described. Besides
// names, it checks the fields of keys and owners that are read at their first request, because nothing may throw then.
function isWellFormed(change: ConfigChange): boolean {
  const parts = change.type === 'change-set' ? change.changes : [change]
  return parts.every((part) => {
    if (part.type === 'key-issued') return isKey(part.key)
    if (part.type === 'key-rotated') return [part.keyId, part.tokenHash, part.overlapUntil].every(isText)
    if (part.type === 'key-revoked') return isText(part.keyId)
    if (!isText(part.name) || !(part.id === undefined || isText(part.id))) return false
    return !('spec' in part) || (isRecord(part.spec) && isListIfAny(part.spec['models']))
  })
}

function isKey(key: unknown): boolean {
  if (!isRecord(key) || !isRecord(key['owner'])) return false
  return isText(key['id']) && isText(key['tokenHash']) && isListIfAny(key['models'])
}

function isText(value: unknown): boolean {
  return typeof value === 'string'
}

function isListIfAny(value: unknown): boolean {
  return value === undefined || (Array.isArray(value) && value.every(isText))
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function stop(event: ConfigEvent, message: string): FoldStop {
  return { type: 'stopped', revision: event.revision, eventType: event.type, message }
}
