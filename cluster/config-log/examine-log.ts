// The whole log, read and verified from its first event on, and folded from the last good copy on. A long log is worked
// through in slices, so that a node that already serves something is not held up by it.
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../../shared/clock.ts'
import { emptyState, forkState } from '../../shared/config/fold.ts'
import type { ConfigState } from '../../shared/config/state.ts'
import { type ConfigLog, genesisHash, type LogHead, type LogRefusal, type StoredEvent } from './config-log.ts'
import { type OpenedEvent, openEvent } from './event-codec.ts'
import { type FoldStop, foldOpened } from './fold-stored.ts'

export type LogFinding =
  /** Every event verifies. `stopped`: `state` is the last one that this release can fold. */
  | { type: 'whole'; state: ConfigState; skipped: number; stopped: FoldStop | undefined }
  /** `prefix`: what was folded before the damage. `claims`: the revision that the log says it reaches. */
  | { type: 'refused'; refusal: LogRefusal; prefix: ConfigState | undefined; claims: number }

export type ReadableLog = Pick<ConfigLog, 'head' | 'read'>

export interface Examination {
  log: ReadableLog
  macKey: Uint8Array
  clock: Clock
  /** Acknowledged once: the log has to contain it. */
  mark: LogHead | undefined
  /** The last good copy: the log has to contain it too. */
  copy: ConfigState | undefined
}

export async function examineLog(examination: Examination): Promise<LogFinding> {
  const head = await examination.log.head()
  if (!head.ok) return { type: 'refused', refusal: head.error, prefix: undefined, claims: 0 }
  const highWater = Math.max(examination.mark?.revision ?? 0, examination.copy?.revision ?? 0)
  const claims = head.value.revision
  if (claims < highWater) {
    const refusal = { type: 'rewound', revision: claims, highWater } as const
    return { type: 'refused', refusal, prefix: undefined, claims }
  }
  const walk = new Walk(examination)
  const refusal = await walk.to(head.value)
  if (refusal !== undefined) return { type: 'refused', refusal, prefix: walk.trusted(), claims }
  return { type: 'whole', state: walk.state, skipped: walk.skipped, stopped: walk.stopped }
}

class Walk {
  readonly #examination: Examination
  readonly state: ConfigState
  skipped = 0
  stopped: FoldStop | undefined
  #at: LogHead = { revision: 0, hash: genesisHash }
  #forked = false

  constructor(examination: Examination) {
    this.#examination = examination
    this.state = examination.copy === undefined ? emptyState() : forkState(examination.copy)
  }

  /** Undefined when the prefix belongs to another history than the copy, or is nothing. */
  trusted(): ConfigState | undefined {
    return this.#forked || this.state.revision === 0 ? undefined : this.state
  }

  async to(head: LogHead): Promise<LogRefusal | undefined> {
    const { clock, log } = this.#examination
    let sliceEndMs = clock.monotonicMs() + sliceMs
    while (this.#at.revision < head.revision) {
      const page = await log.read(this.#at.revision, pageEvents)
      if (!page.ok) return page.error
      if (page.value.length === 0) return this.#damaged('events are missing')
      for (const stored of page.value) {
        const refusal = this.#step(stored)
        if (refusal !== undefined) return refusal
        if (clock.monotonicMs() < sliceEndMs) continue
        await nextTurn()
        sliceEndMs = clock.monotonicMs() + sliceMs
      }
    }
    // Somebody may have appended meanwhile; the event that was the head then is verified either way.
    if (this.#at.revision === head.revision && this.#at.hash !== head.hash) return this.#damaged('the head changed')
    return undefined
  }

  #step(stored: StoredEvent): LogRefusal | undefined {
    const { macKey, mark, copy } = this.#examination
    const revision = this.#at.revision + 1
    const opened = openEvent(stored, { revision, prevHash: this.#at.hash, macKey })
    if (!opened.ok) return this.#damaged(opened.error.message)
    if (isOther(mark, stored)) return this.#damaged('it is not the event that was acknowledged')
    if (isOther(copy, stored)) {
      this.#forked = true
      return this.#damaged('it is not the event that the last good copy was folded from')
    }
    this.#at = { revision, hash: stored.hash }
    if (revision > this.state.revision && this.stopped === undefined) this.#fold(opened.value, stored.hash)
    return undefined
  }

  #fold(opened: OpenedEvent, hash: string): void {
    const folded = foldOpened(this.state, opened, hash)
    if (!folded.ok) this.stopped = folded.error
    else if (folded.value.skipped) this.skipped += 1
  }

  #damaged(message: string): LogRefusal {
    return { type: 'damaged', revision: this.#at.revision + 1, message }
  }
}

const pageEvents = 256
const sliceMs = 8

function isOther(known: LogHead | undefined, stored: StoredEvent): boolean {
  return known !== undefined && known.revision === stored.revision && known.hash !== stored.hash
}
