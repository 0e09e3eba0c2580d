// Shows a log only up to a revision, until the log has grown past another one. A node uses it to go back to a
// configuration it served well when the newest one ends its process, and takes the next one as soon as it is written.

import { done, fail, type Result } from '../../../shared/result.ts'
import type { Hold } from '../../data-folder/hold.ts'
import type { AppendRefusal, ConfigLog, LogHead, LogRefusal, SealedEvent, StoredEvent } from './config-log.ts'

export class HeldLog implements ConfigLog {
  readonly #log: ConfigLog
  readonly #onReleased: () => void
  #hold: Hold | undefined

  constructor(log: ConfigLog, hold: Hold, onReleased: () => void) {
    this.#log = log
    this.#hold = hold
    this.#onReleased = onReleased
  }

  get hold(): Hold | undefined {
    return this.#hold
  }

  async head(): Promise<Result<LogHead, LogRefusal>> {
    const head = await this.#log.head()
    if (!head.ok || this.#hold === undefined || head.value.revision <= this.#hold.revision) return head
    if (head.value.revision > this.#hold.until) {
      this.#hold = undefined
      this.#onReleased()
      return head
    }
    const { revision } = this.#hold
    const last = await this.#log.read(revision - 1, 1)
    if (!last.ok) return last
    const event = last.value[0]
    return event === undefined ? fail(missing(revision)) : done({ revision, hash: event.hash })
  }

  /** Refuses appends: a node that does not show the newest revision must not append after it. */
  append(_event: SealedEvent, _afterRevision: number): Promise<Result<never, AppendRefusal>> {
    return Promise.resolve(fail({ type: 'unavailable', message: 'this handle of the log is held back' }))
  }

  async read(afterRevision: number, limit: number): Promise<Result<StoredEvent[], LogRefusal>> {
    const most = this.#hold === undefined ? limit : Math.min(limit, this.#hold.revision - afterRevision)
    return most <= 0 ? done([]) : this.#log.read(afterRevision, most)
  }

  find(commandId: string): Promise<Result<StoredEvent | undefined, LogRefusal>> {
    return this.#log.find(commandId)
  }

  watch(wake: () => void): { stop(): void } {
    return this.#log.watch(wake)
  }

  close(): Promise<void> {
    return this.#log.close()
  }
}

function missing(revision: number): LogRefusal {
  return { type: 'damaged', revision, message: 'events are missing' }
}
