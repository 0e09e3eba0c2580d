// `GET /ledger`: events of some partitions, newest first.
import type { DatabaseSync } from 'node:sqlite'
import { bounds } from '../../../shared/bounds.ts'
import { joinedPages, type LedgerPage } from '../../../shared/telemetry/answers/ledger-pages.ts'
import type { LedgerList } from '../../../shared/telemetry/answers/ledger-question.ts'
import { compareLedgerKeys, type LedgerKey, showLedgerKey } from '../../../shared/telemetry/ledger-key.ts'
import type { LedgerFilter } from '../../../shared/telemetry/ledger-queries.ts'
import type { StoredEvent } from './chain.ts'
import { eventOf, selectEvents } from './event-rows.ts'
import { ledgerItem } from './ledger-item.ts'
import { eventKinds } from './money-event.ts'
import type { MonthClose } from './months.ts'

export interface LedgerRead {
  readonly database: DatabaseSync
  closesOf(partition: number): readonly MonthClose[]
}

type Found = readonly [key: LedgerKey, event: StoredEvent]

export function ledgerPage(read: LedgerRead, list: LedgerList, partitions: readonly number[]): LedgerPage {
  const scanMax = Math.ceil(bounds.requestHistoryScanMax / Math.max(1, partitions.length))
  return joinedPages(partitions.map((partition) => pageOf(read, list, partition, scanMax)))
}

function pageOf(read: LedgerRead, list: LedgerList, partition: number, scanMax: number): LedgerPage {
  const closes = read.closesOf(partition)
  const items: [string, ReturnType<typeof ledgerItem>][] = []
  let left = scanMax
  for (const [key, event] of newestFirst(read.database, list, partition)) {
    if (list.before !== undefined && compareLedgerKeys(key, list.before) >= 0) continue
    if (matches(event, list.filter)) items.push([showLedgerKey(key), ledgerItem(event, partition, closes)])
    if (items.length === list.limit || --left <= 0) return { items, lookedTo: showLedgerKey(key) }
  }
  return { items }
}

/** Events of one millisecond are put in order here: an index of everything that orders them would be larger than they are. */
function* newestFirst(database: DatabaseSync, list: LedgerList, partition: number): Generator<Found, void> {
  let same: Found[] = []
  for (const event of stored(database, list, partition)) {
    const key = keyOf(event, partition)
    if (same[0] !== undefined && same[0][0].atMs !== key.atMs) {
      yield* inOrder(same)
      same = []
    }
    same.push([key, event])
  }
  yield* inOrder(same)
}

function* stored(database: DatabaseSync, list: LedgerList, partition: number): Generator<StoredEvent, void> {
  const { before, fromMs, toMs, filter } = list
  const requestId = filter.find(([name]) => name === 'requestId')?.[1]
  const index = requestId === undefined ? 'ledgerByTime' : 'ledgerByRequest'
  const statement = database.prepare(`
    ${selectEvents.replace('ledger e ', `ledger e INDEXED BY ${index} `)}
    WHERE e.partition = ? AND e.atMs >= ? AND e.atMs <= ? ${requestId === undefined ? '' : 'AND e.requestId = ?'}
    ORDER BY e.atMs DESC`)
  statement.setReadBigInts(true)
  const lastMs = Math.min(toMs - 1, before?.atMs ?? Number.MAX_SAFE_INTEGER)
  const named = requestId === undefined ? [] : [requestId]
  for (const row of statement.iterate(partition, Math.ceil(fromMs), lastMs, ...named)) yield eventOf(row)
}

function keyOf({ atMs, requestId, attempt, kind, sequence }: StoredEvent, partition: number): LedgerKey {
  return { atMs, partition, requestId, attempt, kind: eventKinds.indexOf(kind), sequence }
}

function inOrder(same: Found[]): Found[] {
  return same.length < 2 ? same : same.sort(([a], [b]) => compareLedgerKeys(b, a))
}

function matches(event: StoredEvent, filter: readonly (readonly [LedgerFilter, string])[]): boolean {
  return filter.every(([name, value]) => event[name] === value)
}
