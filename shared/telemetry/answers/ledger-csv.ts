// Money events as lines of CSV.
import { csvLine, textCell } from '../../csv.ts'
import type { LedgerItem } from './ledger-pages.ts'
import { usdText } from './usd.ts'

const textColumns = [
  ...['id', 'kind', 'at', 'bookedAt', 'requestId', 'settlement', 'outcome', 'key', 'team', 'user', 'app', 'costCenter'],
  ...['model', 'provider', 'target', 'correctsMonth'],
]
const numberColumns = ['attempt', 'inputTokens', 'outputTokens', 'cachedTokens']
const moneyColumns = ['cost', 'saved']

export const ledgerCsvHead = csvLine([
  ...textColumns,
  ...numberColumns,
  ...moneyColumns.flatMap((name) => [`${name}Usd`, `${name}NanoUsd`]),
])

/** Amounts are numbers of ours and may be negative: only texts can hold a formula. */
export function ledgerCsvLine(item: LedgerItem): string {
  return csvLine([
    ...textColumns.map((name) => textCell(String(item[name] ?? ''))),
    ...numberColumns.map((name) => String(item[name] ?? '')),
    ...moneyColumns.flatMap((name) => {
      const nanos = String(item[`${name}NanoUsd`] ?? '0')
      return [usdText(BigInt(nanos)), nanos]
    }),
  ])
}
