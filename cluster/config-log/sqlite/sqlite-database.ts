// Opens one SQLite file as a durable log: applies settings and reads them back, checks its kind and version, and maps
// SQLite's errors to the refusals of the port.
import assert from 'node:assert/strict'
import { closeSync, existsSync, openSync, statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { done, fail, type Result } from '../../../shared/result.ts'
import type { LogRefusal } from '../log/config-log.ts'

/** Opens the database. The value is undefined when a reader came before the first writer, and there is no log yet. */
export function openLogDatabase(options: {
  path: string
  readOnly: boolean
}): Result<DatabaseSync | undefined, LogRefusal> {
  // Older releases may lose committed rows when a second connection checkpoints (the WAL-reset bug, 3.7.0 to 3.51.2).
  assert(atLeast(process.versions['sqlite'] ?? '0', '3.51.3'), 'SQLite is older than 3.51.3')
  if (options.readOnly && fileBytes(options.path) === 0) return done(undefined)
  const unclean = existsSync(`${options.path}-wal`)
  let database: DatabaseSync | undefined
  try {
    if (!options.readOnly && !existsSync(options.path)) closeSync(openSync(options.path, 'a', 0o600))
    database = new DatabaseSync(options.path, { readOnly: options.readOnly })
    const refusal = prepareDatabase(database, { ...options, unclean })
    if (refusal === undefined) return done(database)
    database.close()
    return refusal === 'no-log-yet' ? done(undefined) : fail(refusal)
  } catch (error) {
    database?.close()
    return fail(refusalOf(error, 1))
  }
}

export function fileBytes(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

/** Maps an error of SQLite. `revision` is the first one that could not be read. */
export function refusalOf(error: unknown, revision: number): LogRefusal {
  const message = error instanceof Error ? error.message : String(error)
  const code = errorCode(error)
  if (code === undefined) throw error
  if (code === sqlite.full) return { type: 'full', message }
  if (unavailableCodes.has(code)) return { type: 'unavailable', message }
  return { type: 'damaged', revision, message }
}

export function isIoError(error: unknown): boolean {
  return errorCode(error) === sqlite.ioError
}

const sqlite = { busy: 5, locked: 6, readOnly: 8, ioError: 10, full: 13, cannotOpen: 14, authorisation: 23 } as const
const unavailableCodes = new Set<number>([
  sqlite.busy,
  sqlite.locked,
  sqlite.readOnly,
  sqlite.ioError,
  sqlite.cannotOpen,
  sqlite.authorisation,
])

/** 'HGCL' */
const applicationId = 0x4847434c
const formatVersion = 1

const settings = [
  ['busy_timeout', 5_000],
  ['foreign_keys', 1],
  ['trusted_schema', 0],
  ['cell_size_check', 1],
  ['mmap_size', 0],
] as const
const writerSettings = [
  ['journal_mode', 'wal'],
  ['synchronous', 2],
  ['wal_autocheckpoint', 1_000],
] as const

const schema = `
  CREATE TABLE event (
    revision INTEGER PRIMARY KEY,
    command_id TEXT NOT NULL UNIQUE,
    hash TEXT NOT NULL,
    mac TEXT NOT NULL,
    bytes BLOB NOT NULL
  ) STRICT`

function prepareDatabase(
  database: DatabaseSync,
  options: { path: string; readOnly: boolean; unclean: boolean },
): LogRefusal | 'no-log-yet' | undefined {
  for (const [name, value] of settings) applySetting(database, name, value)
  const kind = readKind(database)
  const virgin = kind.application === 0 && kind.version === 0 && kind.tables === 0
  if (!virgin && kind.application !== applicationId) {
    return { type: 'damaged', revision: 1, message: 'the file is not a Headgate configuration log' }
  }
  if (kind.version > formatVersion) {
    const message = `the log has format ${kind.version}, this release reads up to ${formatVersion}: use the newer release`
    return { type: 'unavailable', message }
  }
  if (options.readOnly) return virgin ? 'no-log-yet' : undefined
  for (const [name, value] of writerSettings) applySetting(database, name, value)
  if (virgin) createSchema(database)
  else if (options.unclean && fileBytes(options.path) <= quickCheckBytesMax) return quickCheck(database)
  return undefined
}

function createSchema(database: DatabaseSync): void {
  database.exec(
    `BEGIN IMMEDIATE; ${schema}; PRAGMA application_id=${applicationId}; PRAGMA user_version=${formatVersion}; COMMIT`,
  )
}

/** The largest file to check: a larger one takes seconds, in which nothing would be served. Its rows are proven all the
 *  same, and another broken page is reported as damage when it is read. */
const quickCheckBytesMax = 64 << 20

// Checks the B-tree: after a kill the pages may hold anything that a broken disk made of them. The chain covers only
// the rows.
function quickCheck(database: DatabaseSync): LogRefusal | undefined {
  const found = database.prepare('PRAGMA quick_check(1)').get()?.['quick_check']
  return found === 'ok' ? undefined : { type: 'damaged', revision: 1, message: `quick_check: ${String(found)}` }
}

function applySetting(database: DatabaseSync, name: string, value: string | number): void {
  database.exec(`PRAGMA ${name}=${value}`)
  const applied = readPragma(database, name)
  assert(applied === value, `SQLite did not take ${name}=${value}: it answered ${String(applied)}`)
}

function readPragma(database: DatabaseSync, name: string): unknown {
  const row = database.prepare(`PRAGMA ${name}`).get()
  // `PRAGMA busy_timeout` answers in a column named `timeout`.
  return row === undefined ? 0 : Object.values(row)[0]
}

// Reads all in one transaction: read one after the other, the values would make a log that is just being created look
// like another application's file.
function readKind(database: DatabaseSync): { application: number; version: number; tables: number } {
  database.exec('BEGIN')
  const kind = {
    application: Number(readPragma(database, 'application_id')),
    version: Number(readPragma(database, 'user_version')),
    tables: Number(database.prepare('SELECT count(*) AS tables FROM sqlite_schema').get()?.['tables']),
  }
  database.exec('COMMIT')
  return kind
}

/** Returns the primary result code; undefined when the error is not SQLite's. */
function errorCode(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined
  const { code, errcode } = error as Error & { code?: string; errcode?: number }
  // A damaged row may hold an integer that JavaScript cannot represent.
  if (code === 'ERR_OUT_OF_RANGE') return 11
  return code === 'ERR_SQLITE_ERROR' ? (errcode ?? 1) & 0xff : undefined
}

function atLeast(version: string, wanted: string): boolean {
  const [have, want] = [version, wanted].map((text) => text.split('.').map(Number)) as [number[], number[]]
  for (let i = 0; i < 3; i++) if (have[i] !== want[i]) return (have[i] ?? 0) > (want[i] ?? 0)
  return true
}
