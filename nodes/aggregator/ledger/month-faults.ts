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
  return rows.flatMap((row): VerifyFault[] => {
    const close = closeOf(row)
    // The event of a close that is no longer kept can not be looked at; its totals are kept for ever.
    if (close.cutMs <= prunedMs) return []
    const found = find.get(close.name, partition, eventKinds.indexOf('month-close'))
    if (found?.['note'] === closeEvent(close).note) return []
    return [{ type: 'month', message: `the totals of ${close.name} are not those with which it was closed` }]
  })
}
