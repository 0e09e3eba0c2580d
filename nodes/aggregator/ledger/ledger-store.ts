// The ledger in `usage.sqlite`. All writes are inside the transaction of the commit of usage.
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { Chain, type Head, headOf, isProven, type MacKeys, macOfHead, type StoredEvent } from './chain.ts'
import { eventColumns, eventOf, rowOf, selectEvents } from './event-rows.ts'
import { LedgerSums } from './ledger-sums.ts'
import { lostHeads } from './lost-heads.ts'
import { eventMarks, type KnownEvent, type MoneyEvent, requestName } from './money-event.ts'
import { closeOf, type MonthClose } from './months.ts'
import { LedgerNames } from './names.ts'
import type { WaitingAttempt } from './waiting-attempts.ts'

export interface LedgerStoreOptions {
  readonly keys: MacKeys
  readonly days: number
}

export interface StoredHead {
  readonly partition: number
  readonly head: Head
  readonly isProven: boolean
  /** Whether it is proven by a key that is about to be dropped. */
  readonly isOldKey: boolean
}

const dayMs = 86_400_000
/** Blocks that one commit deletes at most, of one partition. */
const prunedMax = 4
/** Requests without their real record that are remembered. */
const provisionalMax = 100_000

export class LedgerStore {
  readonly #database: DatabaseSync
  readonly #options: LedgerStoreOptions
  readonly #names: LedgerNames
  readonly #sums: LedgerSums
  readonly #statements: ReturnType<typeof prepare>

  constructor(database: DatabaseSync, options: LedgerStoreOptions) {
    this.#database = database
    this.#options = options
    this.#names = new LedgerNames(database)
    this.#sums = new LedgerSums(database)
    this.#statements = prepare(database)
  }

  heads(): StoredHead[] {
    const lost = lostHeads(this.#database).map((one) => ({ ...one, isProven: false, isOldKey: false }))
    return [...lost, ...this.#storedHeads()]
  }

  #storedHeads(): StoredHead[] {
    return this.#database
      .prepare('SELECT * FROM ledgerHead')
      .all()
      .map((row) => {
        const partition = Number(row['partition'])
        const head = headOf(row)
        const mac = row['mac'] as Uint8Array
        const { keys } = this.#options
        const proven = isProven(partition, head, mac, keys)
        return { partition, head, isProven: proven, isOldKey: proven && !isProven(partition, head, mac, [keys[0]]) }
      })
  }

  closes(): [partition: number, close: MonthClose][] {
    const rows = this.#database.prepare('SELECT partition, month, timeZone, cutMs, totals FROM ledgerMonth').all()
    return rows.map((row) => [Number(row['partition']), closeOf(row)])
  }

  waiting(): [partition: number, name: string, waiting: WaitingAttempt[]][] {
    const rows = this.#database.prepare('SELECT partition, name, waiting FROM ledgerWaiting').all()
    return rows.map((row) => [
      Number(row['partition']),
      String(row['name']),
      JSON.parse(String(row['waiting'])) as WaitingAttempt[],
    ])
  }

  /** Requests whose real record has not come, the newest ones. */
  provisional(): string[] {
    const rows = this.#database
      .prepare('SELECT DISTINCT requestId, atMs, mark FROM ledger WHERE mark > 0 ORDER BY atMs DESC LIMIT ?')
      .all(provisionalMax)
    const named = (mark: number) =>
      rows
        .filter((row) => row['mark'] === mark)
        .map((row) => requestName({ requestId: String(row['requestId']), atMs: Number(row['atMs']) }))
    const resolved = new Set(named(eventMarks.indexOf('resolving')))
    return named(eventMarks.indexOf('provisional')).filter((name) => !resolved.has(name))
  }

  /** The events of a request. */
  eventsOf(partition: number, { requestId, atMs }: { requestId: string; atMs: number }): KnownEvent[] {
    const rows = this.#statements.ofRequest.all(requestId, partition, atMs)
    return rows.map(eventOf).filter(({ kind }) => kind !== 'month-close')
  }

  /** Appends a block. Returns the head after it. */
  append(
    partition: number,
    before: Head,
    { events, closes, wallMs }: { events: readonly MoneyEvent[]; closes: readonly MonthClose[]; wallMs: number },
  ): Head {
    if (events.length === 0) return before
    const chain = new Chain(before.digest)
    const day = Math.floor(wallMs / dayMs)
    let { last, bookedMs } = before
    for (const { arrivedMs, ...event } of events) {
      bookedMs = Math.max(bookedMs, Math.floor(arrivedMs))
      const stored: StoredEvent = { ...event, sequence: ++last, bookedMs }
      const owner = this.#names.ownerOf({ ...event, arrivedMs }, day)
      const target = this.#names.targetOf({ ...event, arrivedMs }, day)
      this.#statements.event.run(...rowOf(stored, { partition, owner, target }))
      chain.add(stored)
      if (stored.kind !== 'month-close') this.#sums.add(partition, owner, stored, closes)
    }
    const digest = chain.end()
    this.#statements.block.run(partition, last, bookedMs, digest)
    this.#sums.write()
    return { ...before, last, digest, bookedMs }
  }

  close(partition: number, close: MonthClose): void {
    this.#statements.month.run(partition, close.name, close.timeZone, close.cutMs, close.totals)
    this.#sums.move(partition, close)
    this.#sums.write()
  }

  /** A slice of what is too old. Returns the head after it. */
  prune(partition: number, before: Head, wallMs: number): Head {
    const oldestMs = wallMs - this.#options.days * dayMs
    let head = before
    for (const row of this.#statements.oldestBlocks.all(partition, prunedMax)) {
      if (Number(row['bookedMs']) >= oldestMs) break
      const last = Number(row['last'])
      this.#statements.eventsDelete.run(partition, last)
      this.#statements.blockDelete.run(partition, last)
      const brokenAt = last + 1 < head.brokenAt ? head.brokenAt : 0
      head = { ...head, base: last, baseDigest: row['digest'] as Uint8Array, prunedMs: Math.floor(oldestMs), brokenAt }
    }
    if (head !== before) this.#sums.prune(partition, oldestMs)
    return head
  }

  pruneNames(wallMs: number): void {
    this.#names.forgetBefore(Math.floor(wallMs / dayMs) - this.#options.days - 1)
  }

  setHead(partition: number, head: Head): void {
    const { base, baseDigest, last, digest, bookedMs, prunedMs, brokenAt } = head
    const mac = macOfHead(partition, head, this.#options.keys[0])
    this.#statements.head.run(partition, base, baseDigest, last, digest, bookedMs, prunedMs, brokenAt, mac)
  }

  setWaiting(partition: number, name: string, waiting: readonly WaitingAttempt[]): void {
    if (waiting.length === 0) this.#statements.waitingDelete.run(partition, name)
    else this.#statements.waiting.run(partition, name, JSON.stringify(waiting))
  }

  /** Drops what a transaction that failed may have left in memory. */
  rolledBack(): void {
    this.#names.clear()
    this.#sums.clear()
  }
}

function prepare(
  database: DatabaseSync,
): Record<
  | 'event'
  | 'block'
  | 'head'
  | 'month'
  | 'waiting'
  | 'waitingDelete'
  | 'ofRequest'
  | 'oldestBlocks'
  | 'eventsDelete'
  | 'blockDelete',
  StatementSync
> {
  const ofRequest = database.prepare(`${selectEvents} WHERE e.requestId = ? AND e.partition = ? AND e.atMs = ?`)
  ofRequest.setReadBigInts(true)
  return {
    event: database.prepare(
      `INSERT INTO ledger (${eventColumns.join(', ')}) VALUES (${eventColumns.map(() => '?').join(', ')})`,
    ),
    block: database.prepare('INSERT INTO ledgerBlock (partition, last, bookedMs, digest) VALUES (?, ?, ?, ?)'),
    head: database.prepare('INSERT OR REPLACE INTO ledgerHead VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)'),
    month: database.prepare(
      'INSERT INTO ledgerMonth (partition, month, timeZone, cutMs, totals) VALUES (?, ?, ?, ?, ?)',
    ),
    waiting: database.prepare('INSERT OR REPLACE INTO ledgerWaiting (partition, name, waiting) VALUES (?, ?, ?)'),
    waitingDelete: database.prepare('DELETE FROM ledgerWaiting WHERE partition = ? AND name = ?'),
    ofRequest,
    oldestBlocks: database.prepare(
      'SELECT last, bookedMs, digest FROM ledgerBlock WHERE partition = ? ORDER BY last LIMIT ?',
    ),
    eventsDelete: database.prepare('DELETE FROM ledger WHERE partition = ? AND sequence <= ?'),
    blockDelete: database.prepare('DELETE FROM ledgerBlock WHERE partition = ? AND last = ?'),
  }
}
