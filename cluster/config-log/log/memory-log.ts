// The log in memory, for tests and simulations. Its storage outlives a handle, as a disk does.
import { bounds } from '../../../shared/bounds.ts'
import { done, fail, type Result } from '../../../shared/result.ts'
import {
  type AppendRefusal,
  type ConfigLog,
  genesisHash,
  type LogHead,
  type LogRefusal,
  type SealedEvent,
  type StoredEvent,
} from './config-log.ts'

export class MemoryLogStorage {
  readonly events: StoredEvent[] = []
  readonly revisionOf = new Map<string, number>()
  readonly watchers = new Set<() => void>()
  /** The answer of every call while it is set: tests take the log away with it. */
  refusal: LogRefusal | undefined
  /** The answer of appends while it is set. */
  appendRefusal: LogRefusal | undefined
}

export class MemoryLog implements ConfigLog {
  readonly #storage: MemoryLogStorage
  readonly #own = new Set<() => void>()

  constructor(storage = new MemoryLogStorage()) {
    this.#storage = storage
  }

  async head(): Promise<Result<LogHead, LogRefusal>> {
    if (this.#storage.refusal !== undefined) return fail(this.#storage.refusal)
    return done(this.#head())
  }

  async append(
    event: SealedEvent,
    afterRevision: number,
  ): Promise<Result<{ revision: number; duplicate: boolean }, AppendRefusal>> {
    const { events, revisionOf, watchers } = this.#storage
    const refusal = this.#storage.refusal ?? this.#storage.appendRefusal
    if (refusal !== undefined) return fail(refusal)
    if (event.bytes.byteLength > bounds.changeSetBytesMax) {
      return fail({ type: 'too-large', bytes: event.bytes.byteLength, maxBytes: bounds.changeSetBytesMax })
    }
    const earlier = revisionOf.get(event.commandId)
    if (earlier !== undefined) return done({ revision: earlier, duplicate: true })
    if (afterRevision !== events.length) return fail({ type: 'conflict', head: this.#head() })
    events.push({ ...event, revision: afterRevision + 1 })
    revisionOf.set(event.commandId, afterRevision + 1)
    for (const wake of watchers) setImmediate(wake)
    return done({ revision: afterRevision + 1, duplicate: false })
  }

  async read(afterRevision: number, limit: number): Promise<Result<StoredEvent[], LogRefusal>> {
    if (this.#storage.refusal !== undefined) return fail(this.#storage.refusal)
    return done(this.#storage.events.slice(afterRevision, afterRevision + limit))
  }

  async find(commandId: string): Promise<Result<StoredEvent | undefined, LogRefusal>> {
    if (this.#storage.refusal !== undefined) return fail(this.#storage.refusal)
    const revision = this.#storage.revisionOf.get(commandId)
    return done(revision === undefined ? undefined : this.#storage.events[revision - 1])
  }

  watch(wake: () => void): { stop(): void } {
    const guarded = () => {
      if (this.#own.has(guarded)) wake()
    }
    this.#own.add(guarded)
    this.#storage.watchers.add(guarded)
    return { stop: () => this.#forget(guarded) }
  }

  async close(): Promise<void> {
    for (const watcher of this.#own) this.#forget(watcher)
  }

  #forget(watcher: () => void): void {
    this.#own.delete(watcher)
    this.#storage.watchers.delete(watcher)
  }

  #head(): LogHead {
    const newest = this.#storage.events.at(-1)
    return { revision: newest?.revision ?? 0, hash: newest?.hash ?? genesisHash }
  }
}
