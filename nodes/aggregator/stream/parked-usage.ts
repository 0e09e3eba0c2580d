// Batches of usage that nobody can prove here and that may be genuine all the same: they have no MAC, as those of earlier
// versions, or one under a master key that is not configured. They are counted by nobody and kept aside in `usage.sqlite`,
// for as long as the stream keeps its messages. After a start with the key, or with HEADGATE_NATS_UNSIGNED=accept, they are
// judged again, and what is genuine then is counted, once. The room is bounded: a stranger may fill it, and only those who
// cannot be told from a stranger share it with him.
import { hash } from 'node:crypto'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { ReceivedBatch } from '../../../cluster/telemetry-stream/usage-mac.ts'
import { bounds } from '../../../shared/bounds.ts'
import type { Tally } from '../transactional-sum.ts'

export interface ParkedBatch extends ReceivedBatch {
  /** The time at which the stream stored it. */
  readonly atMs: number
}

export type ParkedTaken = 'taken' | 'full'

interface Row {
  readonly place: number
  readonly batch: ParkedBatch
}

const schema = `
  CREATE TABLE IF NOT EXISTS parked (
    place INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE, partition INTEGER NOT NULL, sender TEXT NOT NULL,
    mac TEXT NOT NULL, atMs INTEGER NOT NULL, bytes BLOB NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS parkedByTime ON parked (atMs);
`
const keptMs = bounds.usageStreamDays * 86_400_000
/** What a row needs besides its bytes. */
const rowBytes = 512
/** Rows judged again at a time. */
const judgedMax = 64

export class ParkedUsage implements Tally {
  #statements: ReturnType<typeof prepare> | undefined
  /** By digest: not yet in the database. */
  #pending = new Map<string, ParkedBatch>()
  /** Places of rows that were counted. */
  #counted: number[] = []
  /** Rows up to this one were judged since the start; undefined when all were. */
  #judged: number | undefined = 0
  #rows = 0
  #bytes = 0
  #dropped = 0
  /** Whether the transaction under way changes the table. */
  #isChanging = false

  /** The batches that are kept, and those for which there was no room since the start. */
  get state(): { length: number; dropped: number } {
    return { length: this.#rows + this.#pending.size, dropped: this.#dropped }
  }

  open(database: DatabaseSync): void {
    database.exec(schema)
    this.#statements = prepare(database)
    this.#judged = 0
    this.#weigh()
  }

  park(batch: ParkedBatch): void {
    const digest = digestOf(batch)
    if (this.#pending.has(digest)) return
    if (this.#bytes + sizeOf(batch) > bounds.parkedUsageBytesMax) {
      this.#dropped++
      return
    }
    this.#bytes += sizeOf(batch)
    this.#pending.set(digest, batch)
  }

  /** Judges rows of earlier runs, some at each call, until it has seen all. `take` counts a batch. */
  judgeAgain(isGenuine: (batch: ReceivedBatch) => boolean, take: (batch: ParkedBatch) => ParkedTaken): void {
    if (this.#judged === undefined) return
    const rows = this.#statements?.after.all(this.#judged, judgedMax).map(rowOf) ?? []
    for (const { place, batch } of rows) {
      if (isGenuine(batch)) {
        if (take(batch) === 'full') return
        this.#counted.push(place)
      }
      this.#judged = place
    }
    if (rows.length < judgedMax) this.#judged = undefined
  }

  add(): void {}

  write(wallMs: number): void {
    const { insert, remove, prune } = this.#statements!
    for (const [digest, { partition, sender, id, atMs, bytes }] of this.#pending) {
      insert.run(digest, partition, sender, id, Math.floor(atMs), bytes)
    }
    for (const place of this.#counted) remove.run(place)
    const pruned = prune.run(Math.floor(wallMs - keptMs)).changes
    this.#isChanging = this.#pending.size > 0 || this.#counted.length > 0 || Number(pruned) > 0
  }

  committed(): void {
    if (!this.#isChanging) return
    this.#pending.clear()
    this.#counted = []
    this.#weigh()
  }

  forget(): void {
    this.#pending.clear()
    this.#counted = []
    this.#weigh()
  }

  #weigh(): void {
    const row = this.#statements?.weigh.get()
    this.#rows = Number(row?.['rows'] ?? 0)
    this.#bytes = Number(row?.['bytes'] ?? 0)
    for (const batch of this.#pending.values()) this.#bytes += sizeOf(batch)
  }
}

function prepare(database: DatabaseSync) {
  const statement = (sql: string): StatementSync => database.prepare(sql)
  return {
    insert: statement(
      'INSERT OR IGNORE INTO parked (digest, partition, sender, mac, atMs, bytes) VALUES (?, ?, ?, ?, ?, ?)',
    ),
    after: statement('SELECT * FROM parked WHERE place > ? ORDER BY place LIMIT ?'),
    remove: statement('DELETE FROM parked WHERE place = ?'),
    prune: statement('DELETE FROM parked WHERE atMs < ?'),
    weigh: statement(`SELECT count(*) AS rows, total(length(bytes) + ${rowBytes}) AS bytes FROM parked`),
  }
}

function rowOf(row: Record<string, unknown>): Row {
  const { place, partition, sender, mac, atMs, bytes } = row
  const batch = { partition: Number(partition), sender: String(sender), id: String(mac) }
  return { place: Number(place), batch: { ...batch, atMs: Number(atMs), bytes: bytes as Uint8Array } }
}

function sizeOf({ bytes }: ReceivedBatch): number {
  return bytes.length + rowBytes
}

/** A batch that is sent again is kept once. */
function digestOf({ partition, sender, id, bytes }: ReceivedBatch): string {
  return hash(
    'sha256',
    Buffer.concat([Buffer.from(`${JSON.stringify([partition, sender, id])}\n`), bytes]),
    'base64url',
  )
}
