// Sums of the ledger by owners.
import type { DatabaseSync } from 'node:sqlite'
import type { LedgerSumRow, LedgerSumsQuestion } from '../../../shared/telemetry/answers/ledger-sums.ts'

export function sumRows(
  database: DatabaseSync,
  { groupBy, fromQuarter, toQuarter }: LedgerSumsQuestion,
  partitions: readonly number[],
): LedgerSumRow[] {
  const groups = groupBy.map((name) => `o."${name}"`)
  const statement = database.prepare(`
    SELECT ${[...groups, 'sum(s.events) AS events', 'sum(s.costNanoUsd) AS cost', 'sum(s.savedNanoUsd) AS saved'].join(', ')}
    FROM ledgerSum s JOIN ledgerOwner o ON o.id = s.owner
    WHERE s.partition IN (${partitions.map(Number).join(', ')}) AND s.quarter >= ? AND s.quarter < ?
    ${groups.length === 0 ? '' : `GROUP BY ${groups.join(', ')}`}`)
  statement.setReadBigInts(true)
  return statement.all(fromQuarter, toQuarter).flatMap((row): LedgerSumRow[] => {
    if (row['events'] === null) return []
    const names = groupBy.map((name) => String(row[name]))
    return [[names, [String(row['events']), String(row['cost']), String(row['saved'])]]]
  })
}
