// Questions about the ledger, and what is asked wrongly.
import { bounds } from '../../bounds.ts'
import { done } from '../../result.ts'
import { type LedgerKey, readLedgerKey } from '../ledger-key.ts'
import { type LedgerFilter, type LedgerListQuery, ledgerFilters } from '../ledger-queries.ts'
import { settlements } from '../record-words.ts'
import { type MergedAnswer, problem } from './answer.ts'

export const ledgerKinds = ['charge', 'correction', 'month-close'] as const

export interface LedgerList {
  readonly limit: number
  readonly before: LedgerKey | undefined
  readonly fromMs: number
  /** Exclusive. */
  readonly toMs: number
  readonly filter: readonly (readonly [LedgerFilter, string])[]
}

export function readLedgerList(query: LedgerListQuery): MergedAnswer<LedgerList> {
  const { limit, fromMs = 0, toMs = timeMax, filter = {} } = query
  if (!(Number.isInteger(limit) && limit >= 1 && limit <= bounds.pageItemsMax))
    return problem('limit', `is not from 1 to ${bounds.pageItemsMax}`)
  const before = query.before === undefined ? undefined : readLedgerKey(query.before)
  if (query.before !== undefined && before === undefined) return problem('before', 'is not a cursor of this list')
  if (!isTime(fromMs)) return problem('from', 'is not a time')
  if (!isTime(toMs)) return problem('to', 'is not a time')
  if (fromMs >= toMs) return problem('to', 'is not after `from`')
  const wanted = Object.entries(filter)
  const unknown = wanted.find(([name]) => !ledgerFilters.some((known) => known === name))
  if (unknown !== undefined) return problem(unknown[0], `is not one of ${ledgerFilters.join(', ')}`)
  const wrong = wrongWord(filter)
  if (wrong !== undefined) return problem(...wrong)
  return done({ limit, before, fromMs, toMs, filter: wanted as [LedgerFilter, string][] })
}

function wrongWord({ settlement, kind }: NonNullable<LedgerListQuery['filter']>): [string, string] | undefined {
  const isOf = (words: readonly string[], word: string | undefined) => word === undefined || words.includes(word)
  if (!isOf(settlements, settlement)) return ['settlement', `is not one of ${settlements.join(', ')}`]
  return isOf(ledgerKinds, kind) ? undefined : ['kind', `is not one of ${ledgerKinds.join(', ')}`]
}

/** The last time that `Date` has. */
const timeMax = 8.64e15

function isTime(value: number): boolean {
  return value >= 0 && value <= timeMax
}
