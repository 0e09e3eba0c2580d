// The statements of the SQLite log, and the conversion of its rows to events.
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { done, fail, type Result } from '../../../shared/result.ts'
import { genesisHash, type LogHead, type LogRefusal, type StoredEvent } from '../log/config-log.ts'

export interface OpenLog {
  database: DatabaseSync
  head: StatementSync
  read: StatementSync
  find: StatementSync
  insert: StatementSync
}

const columns = 'revision, command_id, hash, mac, bytes'

export const emptyHead: LogHead = { revision: 0, hash: genesisHash }

export function prepareStatements(database: DatabaseSync): OpenLog {
  const read = database.prepare(`SELECT ${columns} FROM event WHERE revision > ? ORDER BY revision LIMIT ?`)
  // Rows as arrays take half of the time of rows as objects.
  read.setReturnArrays(true)
  return {
    database,
    head: database.prepare('SELECT revision, hash FROM event ORDER BY revision DESC LIMIT 1'),
    read,
    find: database.prepare(`SELECT ${columns} FROM event WHERE command_id = ?`),
    insert: database.prepare('INSERT INTO event (revision, command_id, hash, mac, bytes) VALUES (?, ?, ?, ?, ?)'),
  }
}

export function readHead(log: OpenLog): LogHead {
  const row = log.head.get()
  return row === undefined ? emptyHead : { revision: Number(row['revision']), hash: String(row['hash']) }
}

/** The most bytes of one page of `read`, because working through a page delays the other work of the thread. */
const pageBytesMax = 1 << 20
/** The number of rows that are fetched at once: one at a time takes twice as long, and too many large ones take too
 *  much memory. */
const rowsPerFetch = 64

export function readPage(log: OpenLog, afterRevision: number, limit: number): Result<StoredEvent[], LogRefusal> {
  const page: StoredEvent[] = []
  let bytes = 0
  while (page.length < limit && bytes < pageBytesMax) {
    const after = afterRevision + page.length
    const rows = log.read.all(after, Math.min(rowsPerFetch, limit - page.length))
    for (const row of rows) {
      const event = eventOf(row as unknown as readonly unknown[], afterRevision + page.length + 1)
      if (!event.ok) return event
      page.push(event.value)
      bytes += event.value.bytes.byteLength
      if (bytes >= pageBytesMax) return done(page)
    }
    if (rows.length < rowsPerFetch) break
  }
  return done(page)
}

export function storedEvent(row: Record<string, unknown>, revision: number): Result<StoredEvent, LogRefusal> {
  return eventOf([row['revision'], row['command_id'], row['hash'], row['mac'], row['bytes']], revision)
}

// Checks the types of a row: STRICT holds only for what SQLite wrote itself, and a damaged page may return any type.
function eventOf(row: readonly unknown[], revision: number): Result<StoredEvent, LogRefusal> {
  const [stored, commandId, hash, mac, bytes] = row
  if (
    typeof stored === 'number' &&
    typeof commandId === 'string' &&
    typeof hash === 'string' &&
    typeof mac === 'string' &&
    bytes instanceof Uint8Array
  ) {
    return done({ revision: stored, commandId, hash, mac, bytes })
  }
  return fail({ type: 'damaged', revision, message: 'a row of the log has columns of other types' })
}
