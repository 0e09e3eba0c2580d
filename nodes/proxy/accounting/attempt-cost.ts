// Cost of one answer: what its provider states, else by tokens where they are reported and priced, else by billable units.
import type { Usage } from '../../../shared/chat/usage.ts'
import { pricesAt } from '../../../shared/models/dated-prices.ts'
import { costOf, type Price } from '../../../shared/models/price.ts'
import { costOfUnits } from '../../../shared/models/unit-price.ts'
import type { BillableUnits } from '../../../shared/usage/billable-units.ts'
import type { TokenCounts } from '../../../shared/usage/token-counts.ts'
import type { Target } from '../providers/endpoint.ts'

export type Tokens = TokenCounts & Partial<Usage>

export const noTokens: Tokens = { input: 0, output: 0, cached: 0 }

export interface Charge {
  readonly tokens: Tokens
  readonly units: BillableUnits | undefined
  /** Whether the operation is charged by units where no tokens are reported. */
  readonly countsUnits: boolean
  /** The service tier that was asked for. */
  readonly askedTier: string | undefined
  /** When the request arrived: the price of that time counts. */
  readonly receivedAtMs: number
}

/** The cost of one answer in nano-dollars; undefined where nobody knows it. */
export function costOfAnswer(target: Target, charge: Charge): number | undefined {
  const { tokens, units, countsUnits, askedTier, receivedAtMs } = charge
  const { price, unitPrice } = pricesAt(target, receivedAtMs)
  // An operator's own price goes before what the provider says.
  const isStated = target.quirks.statesCost === true && price?.from.type !== 'configured'
  if (isStated && tokens.statedNanoUsd !== undefined) return tokens.statedNanoUsd
  if (!countsUnits || isPriced(price, tokens)) return costOf(price, tokens, askedTier)
  return costOfUnits(unitPrice, units)
}

function isPriced(price: Price | undefined, { input, output }: Tokens): boolean {
  if (price === undefined) return false
  return input + output > 0 || (price.input === 0 && price.output === 0)
}
