// The embedded log: one SQLite file. Appends of one turn share one transaction and one sync (group commit); the
// high-water mark is synced after the commit and before any of the appends is acknowledged. One handle in the machine
// may write; handles of other threads are read-only, which also means that they never checkpoint.
//
// The file opens on first use and again after an I/O error: after a failed sync the kernel may have dropped the pages it
// could not write, so neither the handle nor what it believes to be stored can be trusted any longer.
import { bounds } from '../../../shared/bounds.ts'
import { done, fail, type Result } from '../../../shared/result.ts'
import type { AppendRefusal, ConfigLog, LogHead, LogRefusal, SealedEvent, StoredEvent } from '../log/config-log.ts'
import type { HighWater } from '../log/high-water.ts'
import { fileBytes, isIoError, openLogDatabase, refusalOf } from './sqlite-database.ts'
import { emptyHead, type OpenLog, prepareStatements, readHead, readPage, storedEvent } from './sqlite-statements.ts'

export interface SqliteLogOptions {
  path: string
  readOnly?: boolean
  /** The mark: a writer updates it; a reader compares with it when it opens. */
  highWater?: HighWater
}

type AppendResult = Result<{ revision: number; duplicate: boolean }, AppendRefusal>

interface PendingAppend {
  event: SealedEvent
  afterRevision: number
  answer: (result: AppendResult) => void
}

export class SqliteLog implements ConfigLog {
  readonly #options: SqliteLogOptions
  readonly #watchers = new Set<() => void>()
  #open: OpenLog | undefined
  #pending: PendingAppend[] = []
  #marked = -1
  #closed = false

  constructor(options: SqliteLogOptions) {
    this.#options = options
  }

  async head(): Promise<Result<LogHead, LogRefusal>> {
    return this.#reading(1, emptyHead, (log) => done(readHead(log)))
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
    return this.#reading(afterRevision + 1, [], (log) => readPage(log, afterRevision, limit))
  }

  async find(commandId: string): Promise<Result<StoredEvent | undefined, LogRefusal>> {
    return this.#reading(1, undefined, (log) => {
      const row = log.find.get(commandId)
      if (row === undefined) return done(undefined)
      // The commit may have failed before its mark was written. A caller that is told that the event is stored relies
      // on it, so the mark is written now.
      if (this.#options.readOnly !== true) this.#mark(readHead(log))
      return storedEvent(row, Number(row['revision']))
    })
  }

  /** Wakes on appends through this handle; appends of other threads are found by polling. */
  watch(wake: () => void): { stop(): void } {
    const watcher = () => wake()
    this.#watchers.add(watcher)
    return { stop: () => this.#watchers.delete(watcher) }
  }

  async close(): Promise<void> {
    this.#commitPending()
    this.#closed = true
    this.#watchers.clear()
    this.#closeDatabase()
  }

  #reading<Value>(
    revision: number,
    whenNoLog: Value,
    read: (log: OpenLog) => Result<Value, LogRefusal>,
  ): Result<Value, LogRefusal> {
    try {
      const log = this.#opened()
      if (!log.ok) return log
      return log.value === undefined ? done(whenNoLog) : read(log.value)
    } catch (error) {
      return fail(this.#failure(error, revision))
    }
  }

  #opened(): Result<OpenLog | undefined, LogRefusal> {
    if (this.#closed) return fail({ type: 'unavailable', message: 'the log is closed' })
    if (this.#open !== undefined) return done(this.#open)
    const { path, readOnly = false, highWater } = this.#options
    const finding = highWater?.read() ?? { type: 'absent' }
    const mark = finding.type === 'at' ? finding.mark : emptyHead
    // Opening would make a new, empty log in place of the one that is gone.
    if (mark.revision > 0 && fileBytes(path) === 0) return fail(rewound(0, mark))
    const database = openLogDatabase({ path, readOnly })
    if (!database.ok || database.value === undefined) return database as Result<undefined, LogRefusal>
    const log = prepareStatements(database.value)
    const refusal = readOnly ? undefined : compareWithMark(log, mark)
    if (refusal !== undefined) {
      database.value.close()
      return fail(refusal)
    }
    this.#open = log
    return done(log)
  }

  #commitPending(): void {
    const batch = this.#pending
    this.#pending = []
    if (batch.length === 0) return
    const results = this.#commit(batch)
    for (const [index, pending] of batch.entries()) pending.answer(results[index]!)
    if (results.some((result) => result.ok)) for (const wake of this.#watchers) setImmediate(wake)
  }

  #commit(batch: PendingAppend[]): AppendResult[] {
    const refuseAll = (refusal: AppendRefusal): AppendResult[] => batch.map(() => fail(refusal))
    let committing = false
    try {
      const log = this.#opened()
      if (!log.ok) return refuseAll(log.error)
      if (log.value === undefined || this.#options.readOnly === true) {
        return refuseAll({ type: 'unavailable', message: 'this handle of the log only reads' })
      }
      const { database } = log.value
      database.exec('BEGIN IMMEDIATE')
      const results = placeAll(log.value, batch)
      const head = readHead(log.value)
      committing = true
      database.exec('COMMIT')
      if (results.some((result) => result.ok)) this.#mark(head)
      return results
    } catch (error) {
      const refusal = this.#failure(error, 1)
      // From the commit on, the events may be stored although the call failed.
      const unknown = committing && refusal.type !== 'full'
      if (unknown) return batch.map(({ event }) => fail({ type: 'outcome-unknown', commandId: event.commandId }))
      return refuseAll(refusal)
    }
  }

  #mark(head: LogHead): void {
    if (head.revision === this.#marked) return
    this.#options.highWater?.write(head)
    this.#marked = head.revision
  }

  /** Returns the refusal for the caller, and closes the handle when it can no longer be trusted. */
  #failure(error: unknown, revision: number): LogRefusal {
    const system = (error as NodeJS.ErrnoException).syscall !== undefined
    const refusal: LogRefusal = system
      ? { type: 'unavailable', message: (error as Error).message }
      : refusalOf(error, revision)
    if (system || isIoError(error)) this.#closeDatabase()
    else this.#rollBack()
    return refusal
  }

  #rollBack(): void {
    try {
      if (this.#open?.database.isTransaction === true) this.#open.database.exec('ROLLBACK')
    } catch {
      this.#closeDatabase()
    }
  }

  #closeDatabase(): void {
    this.#options.highWater?.close()
    this.#marked = -1
    const database = this.#open?.database
    this.#open = undefined
    try {
      database?.close()
    } catch {
      // A failing close loses nothing that was acknowledged.
    }
  }
}

function compareWithMark(log: OpenLog, mark: LogHead): LogRefusal | undefined {
  const head = readHead(log)
  if (head.revision < mark.revision) return rewound(head.revision, mark)
  const marked = log.database.prepare('SELECT hash FROM event WHERE revision = ?').get(mark.revision)
  if (mark.revision === 0 || marked?.['hash'] === mark.hash) return undefined
  const message = 'the event at the high-water mark is another one than was acknowledged'
  return { type: 'damaged', revision: mark.revision, message }
}

function rewound(revision: number, mark: LogHead): LogRefusal {
  return { type: 'rewound', revision, highWater: mark.revision }
}

function placeAll(log: OpenLog, batch: PendingAppend[]): AppendResult[] {
  return batch.map(({ event, afterRevision }) => {
    const earlier = log.find.get(event.commandId)
    if (earlier !== undefined) return done({ revision: Number(earlier['revision']), duplicate: true })
    const head = readHead(log)
    if (head.revision !== afterRevision) return fail({ type: 'conflict', head })
    log.insert.run(afterRevision + 1, event.commandId, event.hash, event.mac, event.bytes)
    return done({ revision: afterRevision + 1, duplicate: false })
  })
}
