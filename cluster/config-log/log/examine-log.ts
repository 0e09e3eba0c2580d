// Compares the log with the other witnesses and folds it, from the last good copy on, or from its first event without
// one. Every folded event is proven; that the log holds the event of the copy and the acknowledged event is looked up.
// So the cost depends on state and tail, however long the history is; what lies behind the copy cannot change the
// state, and is verified by `history-check.ts`.
import { setImmediate as nextTurn } from 'node:timers/promises'
import { forkState, looseState, settling } from '../../../shared/config/fold.ts'
import type { ConfigState } from '../../../shared/config/state.ts'
import type { ConfigLog, LogHead, LogRefusal, StoredEvent } from './config-log.ts'
import { isGenuine, openPage } from './event-codec.ts'
import { damagedAt, type FoldStop, foldPage } from './fold-stored.ts'
import type { LogKey } from './log-key.ts'

export type LogFinding =
  /** The log is whole. With `stopped`, `state` is the last one that this release can fold. */
  | { type: 'whole'; state: ConfigState; skipped: number; stopped: FoldStop | undefined }
  /** The log is refused. `prefix` is the state before the damage, `claims` the revision that the log says it
   *  reaches. */
  | { type: 'refused'; refusal: LogRefusal; prefix: ConfigState | undefined; claims: number }

/** The part of a log that an examination needs; a copy or a stream has it too. */
export type ReadableLog = Pick<ConfigLog, 'head' | 'read'>

export interface Examination {
  log: ReadableLog
  macKey: LogKey
  /** The acknowledged head, which the log has to contain. */
  mark: LogHead | undefined
  /** The last good copy, whose event the log has to contain too. */
  copy: ConfigState | undefined
  /** Called with the events that were folded onto the copy. */
  onFolded?: (events: readonly StoredEvent[]) => void
}

export async function examineLog(examination: Examination): Promise<LogFinding> {
  const { log, mark, copy } = examination
  const head = await log.head()
  if (!head.ok) return { type: 'refused', refusal: head.error, prefix: undefined, claims: 0 }
  const highWater = Math.max(mark?.revision ?? 0, copy?.revision ?? 0)
  const claims = head.value.revision
  if (claims < highWater) {
    const refusal = { type: 'rewound', revision: claims, highWater } as const
    return { type: 'refused', refusal, prefix: undefined, claims }
  }
  const fork = await missing(examination, copy, 'it is not the event that the last good copy was folded from')
  if (fork !== undefined) return { type: 'refused', refusal: fork, prefix: undefined, claims }
  const walk = new Walk(examination)
  const refusal =
    (await walk.to(head.value)) ?? (await missing(examination, mark, 'it is not the event that was acknowledged'))
  if (refusal === undefined) return { type: 'whole', state: walk.state, skipped: walk.skipped, stopped: walk.stopped }
  return { type: 'refused', refusal, prefix: walk.state.revision === 0 ? undefined : walk.state, claims }
}

/** Returns undefined when the log holds the event `known` at its revision, else the refusal. */
async function missing(
  { log, macKey }: Examination,
  known: LogHead | undefined,
  message: string,
): Promise<LogRefusal | undefined> {
  if (known === undefined || known.revision === 0) return undefined
  const page = await log.read(known.revision - 1, 1)
  if (!page.ok) return page.error
  const stored = page.value[0]
  if (stored === undefined) return damagedAt(known.revision, 'events are missing')
  const isThere = stored.hash === known.hash && isGenuine(stored, macKey, known.revision)
  return isThere && stored.revision === known.revision ? undefined : damagedAt(known.revision, message)
}

class Walk {
  readonly #examination: Examination
  readonly state: ConfigState
  skipped = 0
  stopped: FoldStop | undefined
  #at: LogHead

  constructor(examination: Examination) {
    this.#examination = examination
    this.state = examination.copy === undefined ? looseState() : forkState(examination.copy)
    this.#at = { revision: this.state.revision, hash: this.state.hash }
  }

  async to(head: LogHead): Promise<LogRefusal | undefined> {
    const refusal = await this.#foldTo(head)
    for (const _ of settling(this.state)) await nextTurn()
    return refusal
  }

  async #foldTo(head: LogHead): Promise<LogRefusal | undefined> {
    const { log } = this.#examination
    while (this.#at.revision < head.revision) {
      const page = await log.read(this.#at.revision, pageEvents)
      if (!page.ok) return page.error
      if (page.value.length === 0) return damagedAt(this.#at.revision + 1, 'events are missing')
      const refusal = this.stopped === undefined ? this.#fold(page.value) : this.#prove(page.value)
      if (refusal !== undefined) return refusal
      await nextTurn()
    }
    // Another process may have appended meanwhile; the event that was the head then is proven either way.
    const changed = this.#at.revision === head.revision && this.#at.hash !== head.hash
    return changed ? damagedAt(head.revision + 1, 'the head changed') : undefined
  }

  #fold(page: StoredEvent[]): LogRefusal | undefined {
    const { macKey, onFolded } = this.#examination
    const { events, skipped, refusal } = foldPage(this.state, page, macKey)
    this.#at = { revision: this.state.revision, hash: this.state.hash }
    this.skipped += skipped.length
    onFolded?.(events)
    if (refusal?.type !== 'stopped') return refusal
    this.stopped = refusal
    return this.#prove(page.slice(events.length))
  }

  /** Proves events that follow one which this release cannot fold: they have to be genuine all the same. */
  #prove(page: StoredEvent[]): LogRefusal | undefined {
    const { opened, broken } = openPage(page, this.#at, this.#examination.macKey)
    const last = page[opened.length - 1]
    if (last !== undefined) this.#at = { revision: last.revision, hash: last.hash }
    return broken === undefined ? undefined : damagedAt(broken.revision, broken.message)
  }
}

const pageEvents = 256
