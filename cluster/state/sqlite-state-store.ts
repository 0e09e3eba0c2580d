// The state store in one SQLite file, for a single process. A commit is on disk before it is acknowledged, and deleted
// or expired entries are overwritten.
import { closeSync, existsSync, openSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { bounds } from '../../shared/bounds.ts'
import type { Clock, Timer } from '../../shared/clock.ts'
import { done, fail, type Result } from '../../shared/result.ts'
import {
  nameOf,
  ownerNameOf,
  type StateKey,
  type StateRefusal,
  type StateStore,
  type StateTrouble,
  stateAgeMsMax,
  tooLarge,
} from './state-store.ts'

export interface SqliteStateOptions {
  readonly path: string
  readonly clock: Clock
  readonly ageMsMax?: number
  readonly bytesMax?: number
}

/** 'HGST' */
const applicationId = 0x48475354
const formatVersion = 1
const sweepMs = 60_000
/** The number of rows that are removed at once, so that no request waits for long. */
const sweepRowsMax = 500

const schema = `
  CREATE TABLE entry (
    name TEXT PRIMARY KEY,
    stored_at_ms INTEGER NOT NULL,
    value BLOB NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX entry_by_age ON entry (stored_at_ms)`

type Statements = ReturnType<typeof prepare>

export class SqliteStateStore implements StateStore {
  readonly #options: Required<SqliteStateOptions>
  readonly #timer: Timer
  #database: DatabaseSync | undefined
  #statements: Statements | undefined
  #bytes = 0

  constructor(options: SqliteStateOptions) {
    this.#options = { ageMsMax: stateAgeMsMax, bytesMax: bounds.stateBytesMax, ...options }
    this.#timer = options.clock.every(sweepMs, () => this.#attempt(({ expire }) => this.#sweep(expire)))
  }

  async get(key: StateKey): Promise<Result<Uint8Array | undefined, StateTrouble>> {
    return this.#attempt(({ find }) => find.get(nameOf(key), this.#oldest())?.['value'] as Uint8Array | undefined)
  }

  async put(key: StateKey, value: Uint8Array): Promise<Result<undefined, StateTrouble | StateRefusal>> {
    if (value.length > bounds.stateEntryBytesMax) return fail(tooLarge(value))
    const stored = this.#attempt(({ insert, expire }): StateRefusal | undefined => {
      if (this.#bytes + value.length > this.#options.bytesMax) this.#sweep(expire)
      if (this.#bytes + value.length > this.#options.bytesMax) return { type: 'full' }
      const { changes } = insert.run(nameOf(key), this.#options.clock.wallMs(), value)
      if (changes === 0) return { type: 'taken' }
      this.#bytes += value.length
      return undefined
    })
    if (!stored.ok) return stored
    return stored.value === undefined ? done(undefined) : fail(stored.value)
  }

  async delete(key: StateKey): Promise<Result<boolean, StateTrouble>> {
    return this.#attempt(({ find, remove }) => {
      const wasThere = find.get(nameOf(key), this.#oldest()) !== undefined
      const removed = remove.get(nameOf(key))
      if (removed !== undefined) this.#bytes -= Number(removed['bytes'])
      return wasThere
    })
  }

  /** In steps, so that requests for other entries have their turns. */
  async forget(owner: string): Promise<Result<number, StateTrouble>> {
    const first = `${ownerNameOf(owner)}.`
    for (let forgotten = 0; ; await nextTurn()) {
      const removed = this.#attempt(({ forget }) => forget.all(first, `${ownerNameOf(owner)}/`, sweepRowsMax))
      if (!removed.ok) return removed
      for (const { bytes } of removed.value) this.#bytes -= Number(bytes)
      forgotten += removed.value.length
      if (removed.value.length < sweepRowsMax) return done(forgotten)
    }
  }

  async close(): Promise<void> {
    this.#timer.cancel()
    this.#database?.close()
    this.#database = undefined
    this.#statements = undefined
  }

  #oldest(): number {
    return this.#options.clock.wallMs() - this.#options.ageMsMax
  }

  #sweep(expire: Statements['expire']): void {
    for (const { bytes } of expire.all(this.#oldest(), sweepRowsMax)) this.#bytes -= Number(bytes)
  }

  /** Opens the file when needed. After a failure the next call tries again, because a full disk is a passing state. */
  #attempt<Value>(use: (statements: Statements) => Value): Result<Value, StateTrouble> {
    try {
      this.#statements ??= this.#open()
      return done(use(this.#statements))
    } catch (error) {
      if (!(error instanceof Error) || (error as { code?: string }).code === undefined) throw error
      return fail({ type: 'unavailable', message: error.message })
    }
  }

  #open(): Statements {
    const { path } = this.#options
    if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600))
    const database = new DatabaseSync(path)
    try {
      for (const pragma of pragmas) database.exec(`PRAGMA ${pragma}`)
      claim(database)
      this.#bytes = Number(database.prepare('SELECT total(length(value)) AS bytes FROM entry').get()?.['bytes'])
    } catch (error) {
      database.close()
      throw error
    }
    this.#database = database
    return prepare(database)
  }
}

const pragmas = [
  ...['busy_timeout=5000', 'trusted_schema=0', 'cell_size_check=1', 'mmap_size=0'],
  ...['journal_mode=wal', 'synchronous=full', 'secure_delete=1'],
]

/** Creates the table in a new file. A file of another application, or of a newer release, is left alone. */
function claim(database: DatabaseSync): void {
  const read = (name: string) => Number(Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0])
  const tables = Number(database.prepare('SELECT count(*) AS tables FROM sqlite_schema').get()?.['tables'])
  if (tables === 0) {
    database.exec(
      `BEGIN IMMEDIATE; ${schema}; PRAGMA application_id=${applicationId}; PRAGMA user_version=${formatVersion}; COMMIT`,
    )
  } else if (read('application_id') !== applicationId || read('user_version') > formatVersion) {
    throw Object.assign(new Error('the file does not hold state that this release can read'), { code: 'ERR_FORMAT' })
  }
}

function prepare(database: DatabaseSync) {
  return {
    find: database.prepare('SELECT value FROM entry WHERE name = ? AND stored_at_ms > ?'),
    insert: database.prepare('INSERT INTO entry (name, stored_at_ms, value) VALUES (?, ?, ?) ON CONFLICT DO NOTHING'),
    remove: database.prepare('DELETE FROM entry WHERE name = ? RETURNING length(value) AS bytes'),
    // '/' follows '.', so that these are the names that begin with an owner's.
    forget: database.prepare(
      'DELETE FROM entry WHERE name IN (SELECT name FROM entry WHERE name > ? AND name < ? LIMIT ?) RETURNING length(value) AS bytes',
    ),
    expire: database.prepare(
      'DELETE FROM entry WHERE name IN (SELECT name FROM entry WHERE stored_at_ms <= ? LIMIT ?) RETURNING length(value) AS bytes',
    ),
  }
}
