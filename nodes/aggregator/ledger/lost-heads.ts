// Heads of partitions whose events are there and whose heads are not: what comes is appended after these events, and the proof says
// that nothing proves their end.
import type { DatabaseSync } from 'node:sqlite'
import { firstHead, type Head } from './chain.ts'

const headless = `
  SELECT partition, min(sequence) AS first, max(sequence) AS last, max(bookedMs) AS bookedMs FROM ledger
  WHERE partition NOT IN (SELECT partition FROM ledgerHead) GROUP BY partition`

export function lostHeads(database: DatabaseSync): { partition: number; head: Head }[] {
  const digestOf = database.prepare('SELECT digest FROM ledgerBlock WHERE partition = ? ORDER BY last DESC LIMIT 1')
  return database
    .prepare(headless)
    .all()
    .map((row) => {
      const number = (name: string) => Number(row[name])
      const partition = number('partition')
      const begin = firstHead(partition)
      const digest = (digestOf.get(partition)?.['digest'] as Uint8Array | undefined) ?? begin.digest
      const head = { ...begin, base: number('first') - 1, last: number('last'), bookedMs: number('bookedMs'), digest }
      return { partition, head }
    })
}

export function isHeadLost(database: DatabaseSync, partition: number): boolean {
  const count = database.prepare('SELECT EXISTS (SELECT 1 FROM ledger WHERE partition = ?) AS isThere').get(partition)
  return count?.['isThere'] === 1
}
