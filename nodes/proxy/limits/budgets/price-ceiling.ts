// The most that a model's targets charge for a token: the highest rate of every service tier and every length of a request.

import { type Prices, pricesAt, pricesUntilMs } from '../../../../shared/models/dated-prices.ts'
import type { Price, TokenPrice, TokenRates } from '../../../../shared/models/price.ts'
import { RecentMap } from '../../../../shared/recent-map.ts'
import type { BillableUnit } from '../../../../shared/usage/billable-units.ts'
import type { Target } from '../../providers/endpoint.ts'
import type { Snapshot } from '../../snapshot/snapshot.ts'

/** What one target may charge at most. */
export interface PriceCeiling extends Prices {
  readonly target: Target
  /** Pico-dollars per token; undefined where the target has no price that is known to hold. */
  readonly rates: { readonly input: number; readonly output: number } | undefined
}

/** Models whose ceilings are kept for one configuration. Callers can make names up. */
const modelsMax = 1_000

export class PriceCeilings {
  readonly #bySnapshot = new RecentMap<Snapshot, Map<string, CeilingsOfModel>>()

  /** The ceilings of every target that a request of that time may be sent to. */
  of(snapshot: Snapshot, { model, fallbacks }: AskedModels, atMs: number): readonly PriceCeiling[] {
    const own = this.#ofModel(snapshot, model, atMs)
    if (fallbacks === undefined || fallbacks.length === 0) return own
    return [...own, ...fallbacks.flatMap((name) => this.#ofModel(snapshot, name, atMs))]
  }

  #ofModel(snapshot: Snapshot, model: string, atMs: number): readonly PriceCeiling[] {
    const byModel = this.#bySnapshot.get(snapshot) ?? new Map<string, CeilingsOfModel>()
    this.#bySnapshot.set(snapshot, byModel)
    const known = byModel.get(model)
    if (known !== undefined && atMs >= known.fromMs && atMs < known.untilMs) return known.ceilings
    const targets = reachable(snapshot, model)
    const ceilings = targets.map((target) => ceilingAt(target, atMs))
    if (byModel.size >= modelsMax) byModel.clear()
    const untilMs = Math.min(...targets.map((target) => pricesUntilMs(target, atMs)))
    const isDated = targets.some(({ laterPrices }) => laterPrices !== undefined)
    byModel.set(model, { ceilings, fromMs: isDated ? atMs : Number.NEGATIVE_INFINITY, untilMs })
    return ceilings
  }
}

interface AskedModels {
  readonly model: string
  readonly fallbacks?: readonly string[] | undefined
}

/** What holds until a price changes. */
interface CeilingsOfModel {
  readonly ceilings: readonly PriceCeiling[]
  readonly fromMs: number
  readonly untilMs: number
}

/** The highest price of a unit; undefined where there is none. */
export function unitCeiling({ unitPrice }: Prices, unit: BillableUnit): number | undefined {
  return unitPrice?.get(unit)
}

/** The targets of a model and of its fallbacks, and of theirs. */
function reachable(snapshot: Snapshot, model: string): Target[] {
  const names = new Set([model])
  const targets: Target[] = []
  for (const name of names) {
    const route = snapshot.routeOf(name)
    for (const fallback of route?.fallbacks ?? []) names.add(fallback)
    for (const { target } of route?.targets ?? []) targets.push(target)
  }
  return targets
}

export function ceilingAt(target: Target, atMs: number): PriceCeiling {
  const { price, unitPrice } = pricesAt(target, atMs)
  return { target, price, unitPrice, rates: ratesOf(price, target) }
}

/** A provider that states its own cost may ask for more than the catalogue says. */
function ratesOf(price: Price | undefined, { quirks }: Target): PriceCeiling['rates'] {
  if (price === undefined) return undefined
  if (quirks.statesCost === true && price.from.type !== 'configured') return undefined
  const prices: (TokenPrice | undefined)[] = [price, ...price.tiers.values()]
  const all = prices.flatMap((one): TokenRates[] => (one === undefined ? [] : [one, ...one.above]))
  return { input: highest(all, inputRates), output: highest(all, outputRates) }
}

const inputRates = [
  'input',
  'cached',
  'write5m',
  'write1h',
  'audioInput',
  'cachedAudio',
  'imageInput',
  'cachedImage',
] as const
const outputRates = ['output', 'reasoning', 'audioOutput', 'imageOutput'] as const

function highest(prices: readonly TokenRates[], names: readonly (keyof TokenRates)[]): number {
  return Math.max(...prices.flatMap((rates) => names.map((name) => rates[name])))
}

/** Whether a service tier that the request asks for is sold at a price that nobody knows. */
export function isTierUnknown(price: Price | undefined, tier: string | undefined): boolean {
  return price !== undefined && tier !== undefined && price.tiers.has(tier) && price.tiers.get(tier) === undefined
}
