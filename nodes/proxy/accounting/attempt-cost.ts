// What an answer used and what that costs: by tokens where they are told and have a price, else by what else was measured.
import { costOf, type Price } from '../../../shared/models/price.ts'
import { costOfUnits } from '../../../shared/models/unit-price.ts'
import type { BillableUnits } from '../../../shared/usage/billable-units.ts'
import type { Target } from '../providers/endpoint.ts'
import type { StreamTokens } from '../streams/answer-stream.ts'

type Tokens = StreamTokens['tokens']

export const noTokens: Tokens = { input: 0, output: 0, cached: 0 }

/** Of an answer whose tokens nobody told, and that is not measured by them. */
export const nothingUsed: StreamTokens = { tokens: noTokens, estimated: false }

/** Nano-dollars; 0 where there is no price. */
export function costOfAnswer({ price, unitPrice }: Target, tokens: Tokens, measure: BillableUnits | undefined): number {
  if (measure === undefined || isPriced(price, tokens)) return costOf(price, tokens)
  return costOfUnits(unitPrice, measure) ?? 0
}

/** `isMeasured`: the route counts something besides tokens, and those may be absent. */
export function isUnpriced(
  { price, unitPrice }: Target,
  { tokens, measure, isMeasured }: { tokens: Tokens; measure: BillableUnits | undefined; isMeasured: boolean },
): boolean {
  if (!isMeasured) return price === undefined
  return !isPriced(price, tokens) && costOfUnits(unitPrice, measure) === undefined
}

function isPriced(price: Price | undefined, { input, output }: Tokens): boolean {
  return price !== undefined && input + output > 0
}
