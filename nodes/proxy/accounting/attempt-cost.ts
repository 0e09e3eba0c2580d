// Cost of one answer: by tokens when the provider reports and prices them, else by billable units.
import type { Usage } from '../../../shared/chat/usage.ts'
import { costOf, type Price } from '../../../shared/models/price.ts'
import { costOfUnits } from '../../../shared/models/unit-price.ts'
import type { BillableUnits } from '../../../shared/usage/billable-units.ts'
import type { TokenCounts } from '../../../shared/usage/token-counts.ts'
import type { Target } from '../providers/endpoint.ts'

export type Tokens = TokenCounts & Partial<Usage>

export const noTokens: Tokens = { input: 0, output: 0, cached: 0 }

/** The cost of one answer in nano-dollars; 0 where there is no price. */
export function costOfAnswer({ price, unitPrice }: Target, tokens: Tokens, units: BillableUnits | undefined): number {
  if (units === undefined || isPriced(price, tokens)) return costOf(price, tokens)
  return costOfUnits(unitPrice, units) ?? 0
}

/** Whether nobody knows the cost. `countsUnits`: the operation is charged by units where no tokens are reported. */
export function isUnpriced(
  { price, unitPrice }: Target,
  { tokens, units, countsUnits }: { tokens: Tokens; units: BillableUnits | undefined; countsUnits: boolean },
): boolean {
  if (!countsUnits) return price === undefined
  return !isPriced(price, tokens) && costOfUnits(unitPrice, units) === undefined
}

function isPriced(price: Price | undefined, { input, output }: Tokens): boolean {
  return price !== undefined && input + output > 0
}
