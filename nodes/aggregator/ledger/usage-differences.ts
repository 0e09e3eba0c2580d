// Whether usage and the ledger have the same sums, by hour and owner. Both were written in the same transactions.
import type { DatabaseSync } from 'node:sqlite'
import type { VerifyFault } from '../../../shared/telemetry/answers/ledger-verify.ts'
import { hourMs } from '../../../shared/telemetry/answers/usage-fields.ts'

export interface Compared {
  readonly compared: number
  readonly faults: readonly VerifyFault[]
  /** The hour to go on at; undefined when there are no later ones. */
  readonly nextHour: number | undefined
}

const toldMax = 20
const owners = '"key", team, "user", app, costCenter'

export function usageDifferences(
  database: DatabaseSync,
  partition: number,
  { fromHour, hours }: { fromHour: number; hours: number },
): Compared {
  const first = firstHour(database, partition, fromHour)
  if (first === undefined) return { compared: 0, faults: [], nextHour: undefined }
  const toHour = first + hours
  const statement = database.prepare(`
    SELECT hour, ${owners}, sum(usageCost) AS usageCost, sum(usageSaved) AS usageSaved, sum(cost) AS cost, sum(saved) AS saved FROM (
      SELECT hour, ${owners}, costNanoUsd AS usageCost, savedNanoUsd AS usageSaved, 0 AS cost, 0 AS saved
      FROM usage JOIN cell ON cell.id = usage.cell WHERE partition = ?1 AND hour >= ?2 AND hour < ?3
      UNION ALL
      SELECT quarter / 4, ${owners}, 0, 0, costNanoUsd, savedNanoUsd
      FROM ledgerSum JOIN ledgerOwner ON ledgerOwner.id = ledgerSum.owner
      WHERE partition = ?1 AND quarter >= ?2 * 4 AND quarter < ?3 * 4
    ) GROUP BY hour, ${owners}`)
  statement.setReadBigInts(true)
  const faults: VerifyFault[] = []
  let compared = 0
  for (const row of statement.iterate(partition, first, toHour)) {
    compared++
    const isSame = row['usageCost'] === row['cost'] && row['usageSaved'] === row['saved']
    if (!isSame && faults.length < toldMax) faults.push({ type: 'usage', message: told(row) })
  }
  return { compared, faults, nextHour: toHour }
}

/** The first hour from one on that either of the two has. */
function firstHour(database: DatabaseSync, partition: number, fromHour: number): number | undefined {
  const row = database
    .prepare(`
      SELECT min(hour) AS hour FROM (
        SELECT min(hour) AS hour FROM usage JOIN cell ON cell.id = usage.cell WHERE partition = ?1 AND hour >= ?2
        UNION ALL SELECT min(quarter) / 4 FROM ledgerSum WHERE partition = ?1 AND quarter >= ?2 * 4)`)
    .get(partition, fromHour)
  return typeof row?.['hour'] === 'number' ? row['hour'] : undefined
}

function told(row: Record<string, unknown>): string {
  const names = ['key', 'team', 'user', 'app', 'costCenter'].flatMap((name) =>
    row[name] === '' ? [] : [`${name} ${String(row[name])}`],
  )
  const at = new Date(Number(row['hour']) * hourMs).toISOString()
  const amounts = `usage ${String(row['usageCost'])}, ledger ${String(row['cost'])} nano-USD`
  const saved =
    row['usageSaved'] === row['saved'] ? '' : `; saved ${String(row['usageSaved'])} and ${String(row['saved'])}`
  return `${at} ${names.join(', ') || 'nobody'}: ${amounts}${saved}`
}
