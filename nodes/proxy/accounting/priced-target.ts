// Whether the cost of a request can be known before it is sent. What an answer turns out to report is judged when it is there.
import { pricesAt } from '../../../shared/models/dated-prices.ts'
import type { Ineligible } from '../errors/gateway-error.ts'
import type { Operation } from '../operations/operation.ts'
import type { Target } from '../providers/endpoint.ts'

export interface PricedRequest {
  readonly operation: Operation
  readonly receivedAtMs: number
}

/** `askedTier` is asked only where the price of some service tier is not known. */
export function hasPrice(
  target: Target,
  { operation, receivedAtMs }: PricedRequest,
  askedTier: () => string | undefined,
): boolean {
  if (operation.counts !== undefined || target.quirks.statesCost === true) return true
  const { price, unitPrice } = pricesAt(target, receivedAtMs)
  if (price === undefined) return operation.units !== undefined && unitPrice !== undefined && unitPrice.size > 0
  if (price.tiers.size === 0) return true
  const tier = askedTier()
  return tier === undefined || !price.tiers.has(tier) || price.tiers.get(tier) !== undefined
}

/** Why a target without a price is sent nothing; undefined where the operator allows it, or where it has a price. */
export function priceRefusal(
  target: Target,
  request: PricedRequest,
  askedTier: () => string | undefined,
): Ineligible | undefined {
  if (target.unpriced !== 'refuse' || hasPrice(target, request, askedTier)) return undefined
  return { type: 'unpriced', provider: target.provider, target: target.model }
}
