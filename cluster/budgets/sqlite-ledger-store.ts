// Tables of budgets in a file, for a process without a cluster. Only one process opens the file.
import { closeSync, existsSync, openSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { done, fail, type Result } from '../../shared/result.ts'
import type { LedgerRefusal, LedgerStore, LedgerTrouble, StoredTable } from './ledger-store.ts'

/** 'HGBU' */
const applicationId = 0x48474255
const formatVersion = 1
const pragmas = [
  ...['busy_timeout=5000', 'trusted_schema=0', 'cell_size_check=1', 'mmap_size=0'],
  ...['journal_mode=wal', 'synchronous=full'],
]
const schema = 'CREATE TABLE ledgers (name TEXT PRIMARY KEY, version INTEGER NOT NULL, value BLOB NOT NULL) STRICT'

type Statements = ReturnType<typeof prepare>

export class SqliteLedgerStore implements LedgerStore {
  readonly #path: string
  #database: DatabaseSync | undefined
  #statements: Statements | undefined

  constructor(path: string) {
    this.#path = path
  }

  async read(table: string): Promise<Result<StoredTable, LedgerTrouble>> {
    return this.#attempt(({ find }) => {
      const row = find.get(table)
      return row === undefined
        ? { value: undefined, version: 0 }
        : { value: row['value'] as Uint8Array, version: Number(row['version']) }
    })
  }

  async write(
    table: string,
    value: Uint8Array,
    version: number,
  ): Promise<Result<number, LedgerRefusal | LedgerTrouble>> {
    const written = this.#attempt(({ insert, update }) =>
      version === 0 ? insert.run(table, value).changes : update.run(value, table, version).changes,
    )
    if (!written.ok) return written
    return Number(written.value) === 1 ? done(version + 1) : fail({ type: 'refused' })
  }

  async close(): Promise<void> {
    this.#database?.close()
    this.#database = undefined
    this.#statements = undefined
  }

  /** Opens the file when it is needed. After a failure the next call tries again, because a full disk is a passing state. */
  #attempt<Value>(use: (statements: Statements) => Value): Result<Value, LedgerTrouble> {
    try {
      this.#statements ??= this.#open()
      return done(use(this.#statements))
    } catch (error) {
      if (!(error instanceof Error) || (error as { code?: string }).code === undefined) throw error
      return fail({ type: 'unavailable', message: error.message })
    }
  }

  #open(): Statements {
    if (!existsSync(this.#path)) closeSync(openSync(this.#path, 'a', 0o600))
    const database = new DatabaseSync(this.#path)
    try {
      for (const pragma of pragmas) database.exec(`PRAGMA ${pragma}`)
      claim(database)
    } catch (error) {
      database.close()
      throw error
    }
    this.#database = database
    return prepare(database)
  }
}

/** Creates the table in a new file. A file of another application, or of a newer release, is left alone. */
function claim(database: DatabaseSync): void {
  const read = (name: string) => Number(Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0])
  const tables = Number(database.prepare('SELECT count(*) AS tables FROM sqlite_schema').get()?.['tables'])
  if (tables === 0) {
    const marks = `PRAGMA application_id=${applicationId}; PRAGMA user_version=${formatVersion}`
    database.exec(`BEGIN IMMEDIATE; ${schema}; ${marks}; COMMIT`)
  } else if (read('application_id') !== applicationId || read('user_version') > formatVersion) {
    throw Object.assign(new Error('the file does not hold budgets that this release can read'), { code: 'ERR_FORMAT' })
  }
}

function prepare(database: DatabaseSync) {
  return {
    find: database.prepare('SELECT version, value FROM ledgers WHERE name = ?'),
    insert: database.prepare('INSERT INTO ledgers (name, version, value) VALUES (?, 1, ?) ON CONFLICT DO NOTHING'),
    update: database.prepare('UPDATE ledgers SET value = ?, version = version + 1 WHERE name = ? AND version = ?'),
  }
}
