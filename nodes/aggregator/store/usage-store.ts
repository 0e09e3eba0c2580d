// The aggregator's database. Sums, the request history and what was taken from whom change in one transaction, so after
// any crash they tell the same story, and what was not committed is delivered again.
//
// The history holds batches as they came: a row each, not a row per request, which would cost more than everything else
// here together. Reading decodes what it needs.
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { bounds } from '../../../shared/bounds.ts'
import { usageCounters, usageDimensions } from '../../../shared/telemetry/answers/usage-fields.ts'
import type { Hole } from '../../../shared/telemetry/sequences.ts'
import type { StoredSource } from '../intake.ts'
import type { UsageCell } from '../rollup/usage.ts'
import { openUsageDatabase } from './schema.ts'

export interface HistoryBlock {
  id: number
  /** Wall clock when it was taken; from a stream, when that stored it, so that all who keep it agree. */
  atMs: number
  /** Records at the start that an earlier block has. */
  skip: number
  /** Request records without those skipped. */
  requests: number
  bytes: Uint8Array
  partition: number
}

/** How far the stream of a partition was read. */
export interface Position {
  partition: number
  /** Everything of the partition up to this message of the stream was taken. */
  sequence: number
  /** The time at which the stream stored that message; 0 is unknown, and another time means another stream. */
  storedAtMs: number
  /** The creation time that the stream reports. */
  streamCreated: string
  /** Nothing recorded since then is missing here. */
  completeSinceMs: number
}

export interface Commit {
  cells: Iterable<[partition: number, cells: Iterable<UsageCell>]>
  blocks: readonly HistoryBlock[]
  sources: readonly StoredSource[]
  positions: readonly Position[]
  wallMs: number
  /** Runs inside the transaction: what else has to change with it. */
  alongside?: () => void
}

export interface UsageStoreBounds {
  historyRowsMax: number
  historyDays: number
}

const dayMs = 86_400_000
const pruneBlocks = 256
const pruneUsageRows = 5_000

/** A disk that fails may fail at any step of this; nothing stays open then, because it is tried again each second. */
export function openUsageStore(
  { path, wallMs, onAside }: { path: string; wallMs: number; onAside: (movedTo: string) => void },
  bounds: UsageStoreBounds,
): UsageStore {
  const database = openUsageDatabase(path, wallMs, onAside)
  try {
    const store = new UsageStore(database, bounds)
    store.forgetSources(wallMs)
    return store
  } catch (error) {
    database.close()
    throw error
  }
}

export class UsageStore {
  readonly #database: DatabaseSync
  readonly #bounds: UsageStoreBounds
  readonly #statements: ReturnType<typeof prepare>
  /** Cell ids by their dimensions; forgotten when it grows too large, which costs only look-ups. */
  readonly #cellIds = new Map<string, number>()
  #historyRows: number

  constructor(database: DatabaseSync, bounds: UsageStoreBounds) {
    this.#database = database
    this.#bounds = bounds
    this.#statements = prepare(database)
    this.#historyRows = numberOf(database.prepare('SELECT total(requests) AS n FROM block').get(), 'n')
  }

  /** Forgets boots whose usage is no longer kept either: counting those twice would show nowhere. */
  forgetSources(wallMs: number): void {
    this.#database.prepare('DELETE FROM source WHERE seenMs < ?').run(wallMs - bounds.usageDays * dayMs)
  }

  get database(): DatabaseSync {
    return this.#database
  }

  lastBlockId(): number {
    return numberOf(this.#database.prepare('SELECT coalesce(max(id), 0) AS n FROM block').get(), 'n')
  }

  sources(): StoredSource[] {
    const rows = this.#database.prepare('SELECT node, epoch, sequence, holes FROM source').all()
    return rows.map((row) => ({
      node: String(row['node']),
      epoch: String(row['epoch']),
      sequence: numberOf(row, 'sequence'),
      holes: JSON.parse(String(row['holes'])) as Hole[],
    }))
  }

  positions(): Position[] {
    const rows = this.#database
      .prepare('SELECT id, sequence, storedAtMs, streamCreated, completeSinceMs FROM partition')
      .all()
    return rows.map((row) => ({
      partition: numberOf(row, 'id'),
      sequence: numberOf(row, 'sequence'),
      storedAtMs: numberOf(row, 'storedAtMs'),
      streamCreated: String(row['streamCreated']),
      completeSinceMs: numberOf(row, 'completeSinceMs'),
    }))
  }

  /** All or nothing; throws what SQLite throws. */
  commit(commit: Commit): void {
    const rowsBefore = this.#historyRows
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      for (const [partition, cells] of commit.cells) for (const cell of cells) this.#addCell(partition, cell)
      for (const block of commit.blocks) this.#addBlock(block)
      for (const { epoch, node, sequence, holes } of commit.sources) {
        this.#statements.source.run(epoch, node, sequence, commit.wallMs, JSON.stringify(holes))
      }
      for (const position of commit.positions) this.#addPosition(position)
      commit.alongside?.()
      this.#prune(commit.wallMs)
      this.#database.exec('COMMIT')
    } catch (error) {
      this.#historyRows = rowsBefore
      this.#cellIds.clear()
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      throw error
    }
  }

  close(): void {
    this.#database.close()
  }

  #addCell(partition: number, cell: UsageCell): void {
    const counters = usageCounters.map((counter) => cell[counter])
    this.#statements.usage.run(cell.hour, this.#cellId(partition, cell), ...counters)
  }

  #cellId(partition: number, cell: UsageCell): number {
    const dimensions = [...usageDimensions.map((dimension) => cell[dimension]), partition]
    const name = JSON.stringify(dimensions)
    const known = this.#cellIds.get(name)
    if (known !== undefined) return known
    this.#statements.cellAdd.run(...dimensions)
    const id = numberOf(this.#statements.cellFind.get(...dimensions), 'id')
    if (this.#cellIds.size >= bounds.usageRowsMax) this.#cellIds.clear()
    this.#cellIds.set(name, id)
    return id
  }

  #addBlock(block: HistoryBlock): void {
    this.#statements.block.run(block.id, block.atMs, block.skip, block.requests, block.bytes, block.partition)
    this.#historyRows += block.requests
  }

  #addPosition({ partition, sequence, storedAtMs, streamCreated, completeSinceMs }: Position): void {
    this.#statements.position.run(
      partition,
      sequence,
      Math.floor(storedAtMs),
      streamCreated,
      Math.floor(completeSinceMs),
    )
  }

  /** A slice with each commit, so that none is ever slow. */
  #prune(wallMs: number): void {
    const oldestMs = wallMs - this.#bounds.historyDays * dayMs
    for (const row of this.#statements.oldestBlocks.all(pruneBlocks)) {
      const surplus = this.#historyRows > this.#bounds.historyRowsMax
      if (!surplus && numberOf(row, 'atMs') >= oldestMs) break
      this.#statements.blockDelete.run(numberOf(row, 'id'))
      this.#historyRows -= numberOf(row, 'requests')
    }
    this.#statements.usageDelete.run(Math.floor((wallMs - bounds.usageDays * dayMs) / 3_600_000), pruneUsageRows)
  }
}

function prepare(
  database: DatabaseSync,
): Record<
  'source' | 'cellAdd' | 'cellFind' | 'usage' | 'block' | 'position' | 'oldestBlocks' | 'blockDelete' | 'usageDelete',
  StatementSync
> {
  const dimensions = [...usageDimensions.map((name) => `"${name}"`), 'partition']
  const marks = (count: number): string => Array.from({ length: count }, () => '?').join(', ')
  const sums = usageCounters.map((name) => `${name} = ${name} + excluded.${name}`)
  return {
    source: database.prepare(`
      INSERT INTO source (epoch, node, sequence, seenMs, holes) VALUES (?, ?, ?, ?, ?) ON CONFLICT (epoch)
      DO UPDATE SET sequence = excluded.sequence, seenMs = excluded.seenMs, holes = excluded.holes`),
    cellAdd: database.prepare(
      `INSERT INTO cell (${dimensions.join(', ')}) VALUES (${marks(dimensions.length)}) ON CONFLICT DO NOTHING`,
    ),
    cellFind: database.prepare(`SELECT id FROM cell WHERE ${dimensions.map((name) => `${name} = ?`).join(' AND ')}`),
    usage: database.prepare(`
      INSERT INTO usage (hour, cell, ${usageCounters.join(', ')}) VALUES (${marks(usageCounters.length + 2)})
      ON CONFLICT (hour, cell) DO UPDATE SET ${sums.join(', ')}`),
    block: database.prepare('INSERT INTO block (id, atMs, skip, requests, bytes, partition) VALUES (?, ?, ?, ?, ?, ?)'),
    position: database.prepare(`
      INSERT INTO partition (id, sequence, storedAtMs, streamCreated, completeSinceMs) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT (id) DO UPDATE SET sequence = excluded.sequence, storedAtMs = excluded.storedAtMs,
        streamCreated = excluded.streamCreated, completeSinceMs = excluded.completeSinceMs`),
    oldestBlocks: database.prepare('SELECT id, atMs, requests FROM block ORDER BY id LIMIT ?'),
    blockDelete: database.prepare('DELETE FROM block WHERE id = ?'),
    usageDelete: database.prepare(
      'DELETE FROM usage WHERE (hour, cell) IN (SELECT hour, cell FROM usage WHERE hour < ? LIMIT ?)',
    ),
  }
}

function numberOf(row: Record<string, unknown> | undefined, name: string): number {
  return Number(row?.[name])
}
