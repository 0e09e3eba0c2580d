// Whether the totals of closed months are those of their closes in the chain.
import type { DatabaseSync } from 'node:sqlite'
import type { VerifyFault } from '../../../shared/telemetry/answers/ledger-verify.ts'
import type { Head } from './chain.ts'
import { eventKinds } from './money-event.ts'
import { closeEvent, closeOf } from './months.ts'

export function monthFaults(database: DatabaseSync, partition: number, { prunedMs }: Head): VerifyFault[] {
  const rows = database
    .prepare('SELECT month, timeZone, cutMs, totals FROM ledgerMonth WHERE partition = ?')
    .all(partition)
  const find = database.prepare(
    'SELECT note FROM ledger INDEXED BY ledgerByRequest WHERE requestId = ? AND partition = ? AND kind = ?',
  )
  const kept = rows.flatMap((row): VerifyFault[] => {
    const close = closeOf(row)
    // The event of a close that is no longer kept can not be looked at; its totals are kept for ever.
    if (close.cutMs <= prunedMs) return []
    const found = find.get(close.name, partition, eventKinds.indexOf('month-close'))
    if (found?.['note'] === closeEvent(close).note) return []
    return [{ type: 'month', message: `the totals of ${close.name} are not those with which it was closed` }]
  })
  return [...kept, ...lostCloses(database, partition)]
}

/** The index has events by what months are named like (`2026-11`), so that not all of them are read. */
function lostCloses(database: DatabaseSync, partition: number): VerifyFault[] {
  return database
    .prepare(`
      SELECT requestId AS month FROM ledger INDEXED BY ledgerByRequest
      WHERE requestId >= '20' AND requestId < '21' AND partition = ?1 AND kind = ?2
      AND requestId NOT IN (SELECT month FROM ledgerMonth WHERE partition = ?1)`)
    .all(partition, eventKinds.indexOf('month-close'))
    .map((row) => ({ type: 'month', message: `${String(row['month'])} was closed, and its totals are not there` }))
}
