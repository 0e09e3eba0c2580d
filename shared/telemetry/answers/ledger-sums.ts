// Sums of the ledger by owners, for any time that begins and ends at a quarter of an hour.
import { done } from '../../result.ts'
import { quarterMs } from '../../time/calendar-month.ts'
import { type LedgerOwner, type LedgerSumsQuery, ledgerOwners } from '../ledger-queries.ts'
import { type MergedAnswer, problem } from './answer.ts'
import { usdOf } from './usd.ts'

export interface LedgerSumsQuestion {
  readonly groupBy: readonly LedgerOwner[]
  readonly fromQuarter: number
  readonly toQuarter: number
}

/** The wire form of a row: names, then events, cost and saved amount in decimal. */
export type LedgerSumRow = readonly [names: readonly string[], amounts: readonly [string, string, string]]

export function readLedgerSums({ groupBy, fromMs, toMs }: LedgerSumsQuery): MergedAnswer<LedgerSumsQuestion> {
  const unknown = groupBy.find((name) => !ledgerOwners.some((known) => known === name))
  if (unknown !== undefined) return problem('groupBy', `is not one of ${ledgerOwners.join(', ')}`)
  if (!isQuarter(fromMs)) return problem('from', 'is not a whole quarter of an hour')
  if (!isQuarter(toMs)) return problem('to', 'is not a whole quarter of an hour')
  if (fromMs >= toMs) return problem('to', 'is not after `from`')
  const groups = [...new Set(groupBy)] as LedgerOwner[]
  return done({ groupBy: groups, fromQuarter: fromMs / quarterMs, toQuarter: toMs / quarterMs })
}

export function mergedLedgerSums(
  { groupBy, fromQuarter, toQuarter }: LedgerSumsQuestion,
  rows: readonly LedgerSumRow[],
): Record<string, unknown> {
  const sums = new Map<string, { names: readonly string[]; amounts: bigint[] }>()
  for (const [names, amounts] of rows) {
    const known = sums.get(JSON.stringify(names))
    const numbers = amounts.map(BigInt)
    if (known === undefined) sums.set(JSON.stringify(names), { names, amounts: numbers })
    else known.amounts = known.amounts.map((sum, index) => sum + (numbers[index] ?? 0n))
  }
  if (groupBy.length === 0 && sums.size === 0) sums.set('', { names: [], amounts: [0n, 0n, 0n] })
  const sorted = [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row)
  return {
    rows: sorted.map(({ names, amounts }) => ({
      ...Object.fromEntries(groupBy.map((group, index) => [group, names[index] ?? ''])),
      ...amountsOf(amounts),
    })),
    from: new Date(fromQuarter * quarterMs).toISOString(),
    to: new Date(toQuarter * quarterMs).toISOString(),
  }
}

export function amountsOf([events = 0n, cost = 0n, saved = 0n]: readonly bigint[]) {
  return {
    events: Number(events),
    costUsd: usdOf(cost),
    costNanoUsd: String(cost),
    savedUsd: usdOf(saved),
    savedNanoUsd: String(saved),
  }
}

function isQuarter(ms: number): boolean {
  return Number.isSafeInteger(ms) && ms >= 0 && ms % quarterMs === 0 && ms <= 8.64e15
}
