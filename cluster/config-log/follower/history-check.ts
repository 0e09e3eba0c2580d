// Verifies every event behind the last good copy, each by its own MAC, up to the one that the copy was folded from.
// These events cannot change what is served, but time travel and repair rest on them: damage to them has to be known,
// and nothing is appended to a log that is known to be damaged.
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../../../shared/clock.ts'
import { genesisHash, type LogHead, type LogRefusal } from '../log/config-log.ts'
import { openEvent } from '../log/event-codec.ts'
import type { ReadableLog } from '../log/examine-log.ts'
import { damagedAt } from '../log/fold-stored.ts'
import type { LogKey } from '../log/log-key.ts'

export interface HistoryCheckOptions {
  log: ReadableLog
  macKey: LogKey
  clock: Clock
  /** The end of the history; it is proven to belong to the served state. */
  upTo: LogHead
}

export class HistoryCheck {
  readonly #options: HistoryCheckOptions
  #at: LogHead = { revision: 0, hash: genesisHash }

  constructor(options: HistoryCheckOptions) {
    this.#options = options
  }

  get isDone(): boolean {
    return this.#at.revision >= this.#options.upTo.revision
  }

  /** Continues for about `ms`, one page at least. Returns a refusal for damage, or for a log that is unreachable; in
   *  that case it may be called again. */
  async run(ms: number): Promise<LogRefusal | undefined> {
    const { log, clock, upTo } = this.#options
    const endMs = clock.monotonicMs() + ms
    for (let pages = 0; !this.isDone && (pages === 0 || clock.monotonicMs() < endMs); pages++) {
      const page = await log.read(this.#at.revision, Math.min(pageEvents, upTo.revision - this.#at.revision))
      if (!page.ok) return page.error
      if (page.value.length === 0) return damagedAt(this.#at.revision + 1, 'events are missing')
      for (const stored of page.value) {
        const { revision, hash: prevHash } = this.#at
        const opened = openEvent(stored, { revision: revision + 1, prevHash, macKey: this.#options.macKey })
        if (!opened.ok) return damagedAt(opened.error.revision, opened.error.message)
        this.#at = { revision: revision + 1, hash: stored.hash }
      }
      await nextTurn()
    }
    const isOther = this.isDone && upTo.revision > 0 && this.#at.hash !== upTo.hash
    return isOther ? damagedAt(upTo.revision, 'it is not the event that is served') : undefined
  }
}

/** A page is a few milliseconds of work. */
const pageEvents = 128
