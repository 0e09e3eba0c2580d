// A model of the SQLite log over a simulated disk, fast enough for thousands of worlds. It treats a mark that is ahead,
// a full disk, a failed commit and a read-only handle as `SqliteLog` does. The damage of a database was measured on
// SQLite: one flipped bit in its write-ahead log, and the newest commits are gone without an error.
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
} from '../../config-log/log/config-log.ts'
import type { HighWater } from '../../config-log/log/high-water.ts'
import type { Dice } from '../engine/dice.ts'
import type { Mount } from './simulated-disk.ts'

/** The content of the database file. It outlives every handle. */
export class SimulatedDatabase {
  events: StoredEvent[] = []
  /** True when the file is no database any more. */
  isMangled = false
  readonly #dice: Dice

  constructor(dice: Dice) {
    this.#dice = dice
  }

  /** Loses the newest commits; the file stays valid. */
  forget(events: number): void {
    this.events = this.events.slice(0, Math.max(0, this.events.length - events))
  }

  flipBit(): boolean {
    if (this.events.length === 0) return false
    const index = this.#dice.between(0, this.events.length - 1)
    const bytes = Buffer.from(this.events[index]!.bytes)
    bytes[this.#dice.between(0, bytes.byteLength - 1)]! ^= 1 << this.#dice.between(0, 7)
    this.events[index] = { ...this.events[index]!, bytes }
    return true
  }

  restore(events: readonly StoredEvent[]): void {
    this.events = [...events]
    this.isMangled = false
  }

  /** Draws whether a commit that was cut off had reached the disk. */
  isCutCommitKept(): boolean {
    return this.#dice.happens(0.5)
  }
}

export interface DiskLogOptions {
  database: SimulatedDatabase
  mount: Mount
  readOnly?: boolean
  highWater?: HighWater
}

type AppendResult = Result<{ revision: number; duplicate: boolean }, AppendRefusal>

interface PendingAppend {
  event: SealedEvent
  afterRevision: number
  answer: (result: AppendResult) => void
}

export class DiskLog implements ConfigLog {
  readonly #options: DiskLogOptions
  readonly #watchers = new Set<() => void>()
  #pending: PendingAppend[] = []
  #marked = -1
  #isOpen = false
  #isClosed = false

  constructor(options: DiskLogOptions) {
    this.#options = options
  }

  async head(): Promise<Result<LogHead, LogRefusal>> {
    return this.#reading(() => headOf(this.#events))
  }

  append(event: SealedEvent, afterRevision: number): Promise<AppendResult> {
    const bytes = event.bytes.byteLength
    if (bytes > bounds.changeSetBytesMax) {
      return Promise.resolve(fail({ type: 'too-large', bytes, maxBytes: bounds.changeSetBytesMax }))
    }
    return new Promise((answer) => {
      if (this.#pending.length === 0) setImmediate(() => this.#commitPending())
      this.#pending.push({ event, afterRevision, answer })
    })
  }

  async read(afterRevision: number, limit: number): Promise<Result<StoredEvent[], LogRefusal>> {
    return this.#reading(() => this.#events.slice(afterRevision, afterRevision + limit))
  }

  async find(commandId: string): Promise<Result<StoredEvent | undefined, LogRefusal>> {
    return this.#reading(() => {
      const found = this.#find(commandId)
      if (found !== undefined && this.#options.readOnly !== true) this.#mark()
      return found
    })
  }

  watch(wake: () => void): { stop(): void } {
    const watcher = () => wake()
    this.#watchers.add(watcher)
    return { stop: () => this.#watchers.delete(watcher) }
  }

  async close(): Promise<void> {
    this.#commitPending()
    this.#isClosed = true
    this.#watchers.clear()
    this.#shut()
  }

  get #events(): StoredEvent[] {
    return this.#options.database.events
  }

  #find(commandId: string): StoredEvent | undefined {
    return this.#events.find((event) => event.commandId === commandId)
  }

  #reading<Value>(read: () => Value): Result<Value, LogRefusal> {
    try {
      return this.#openIfNeeded() ?? done(read())
    } catch (error) {
      this.#shut()
      return fail({ type: 'unavailable', message: (error as Error).message })
    }
  }

  #openIfNeeded(): { ok: false; error: LogRefusal } | undefined {
    const { database, mount, highWater, readOnly = false } = this.#options
    if (this.#isClosed) return fail({ type: 'unavailable', message: 'the log is closed' })
    mount.use()
    if (database.isMangled) return fail({ type: 'damaged', revision: 1, message: 'this is not a database' })
    if (this.#isOpen) return undefined
    const finding = highWater?.read() ?? { type: 'absent' }
    const mark = finding.type === 'at' ? finding.mark : { revision: 0, hash: genesisHash }
    const { revision } = headOf(this.#events)
    const isShort = readOnly ? revision === 0 && mark.revision > 0 : revision < mark.revision
    if (isShort) return fail({ type: 'rewound', revision, highWater: mark.revision })
    if (!readOnly && mark.revision > 0 && this.#events[mark.revision - 1]?.hash !== mark.hash) {
      return fail({ type: 'damaged', revision: mark.revision, message: 'another event than was acknowledged' })
    }
    this.#isOpen = true
    return undefined
  }

  #commitPending(): void {
    const batch = this.#pending.splice(0)
    if (batch.length === 0) return
    const results = this.#commit(batch)
    for (const [index, { answer }] of batch.entries()) answer(results[index]!)
    if (results.some((result) => result.ok)) for (const wake of this.#watchers) setImmediate(wake)
  }

  #commit(batch: PendingAppend[]): AppendResult[] {
    const refuseAll = (refusal: AppendRefusal): AppendResult[] => batch.map(() => fail(refusal))
    const before = this.#events
    let isCommitting = false
    try {
      const closed = this.#openIfNeeded()
      if (closed !== undefined) return refuseAll(closed.error)
      if (this.#options.readOnly === true) return refuseAll({ type: 'unavailable', message: 'this handle only reads' })
      const results = this.#place(batch)
      isCommitting = true
      if (this.#events !== before) this.#sync(before)
      if (results.some((result) => result.ok)) this.#mark()
      return results
    } catch (error) {
      this.#shut()
      if (isCommitting) return batch.map(({ event: { commandId } }) => fail({ type: 'outcome-unknown', commandId }))
      return refuseAll({ type: 'unavailable', message: (error as Error).message })
    }
  }

  #place(batch: PendingAppend[]): AppendResult[] {
    const { database, mount } = this.#options
    return batch.map(({ event, afterRevision }) => {
      const earlier = this.#find(event.commandId)
      if (earlier !== undefined) return done({ revision: earlier.revision, duplicate: true })
      const head = headOf(database.events)
      if (head.revision !== afterRevision) return fail({ type: 'conflict', head })
      if (mount.use().isFull) return fail({ type: 'full', message: 'the disk is full' })
      database.events = [...database.events, { ...event, revision: afterRevision + 1 }]
      return done({ revision: afterRevision + 1, duplicate: false })
    })
  }

  #sync(before: StoredEvent[]): void {
    const { database, mount } = this.#options
    try {
      mount.use().syncing()
    } catch (error) {
      if (!database.isCutCommitKept()) database.events = before
      throw error
    }
  }

  #mark(): void {
    const head = headOf(this.#events)
    if (head.revision === this.#marked) return
    this.#options.highWater?.write(head)
    this.#marked = head.revision
  }

  #shut(): void {
    this.#isOpen = false
    this.#marked = -1
    this.#options.highWater?.close()
  }
}

function headOf(events: readonly StoredEvent[]): LogHead {
  const newest = events.at(-1)
  return { revision: newest?.revision ?? 0, hash: newest?.hash ?? genesisHash }
}
