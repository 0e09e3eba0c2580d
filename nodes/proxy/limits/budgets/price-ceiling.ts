// The most that a model's targets charge for a token: the highest rate of every service tier and every length of a request.
import type { Price, TokenPrice, TokenRates } from '../../../../shared/models/price.ts'
import type { BillableUnit } from '../../../../shared/usage/billable-units.ts'
import type { Target } from '../../providers/endpoint.ts'
import type { Snapshot } from '../../snapshot/snapshot.ts'

/** What one target may charge at most. */
export interface PriceCeiling {
  readonly target: Target
  /** Nano-dollars per token; undefined where the target has no price that is known to hold. */
  readonly rates: { readonly input: number; readonly output: number } | undefined
}

/** Models whose ceilings are kept for one configuration. Callers can make names up. */
const modelsMax = 1_000

export class PriceCeilings {
  readonly #bySnapshot = new WeakMap<Snapshot, Map<string, readonly PriceCeiling[]>>()

  /** The ceilings of every target that a request may be sent to. */
  of(snapshot: Snapshot, model: string, fallbacks: readonly string[] | undefined): readonly PriceCeiling[] {
    const own = this.#ofModel(snapshot, model)
    if (fallbacks === undefined || fallbacks.length === 0) return own
    return [...own, ...fallbacks.flatMap((name) => this.#ofModel(snapshot, name))]
  }

  #ofModel(snapshot: Snapshot, model: string): readonly PriceCeiling[] {
    const byModel = this.#bySnapshot.get(snapshot) ?? new Map<string, readonly PriceCeiling[]>()
    this.#bySnapshot.set(snapshot, byModel)
    const known = byModel.get(model)
    if (known !== undefined) return known
    const found = reachable(snapshot, model).map(ceilingOf)
    if (byModel.size >= modelsMax) byModel.clear()
    byModel.set(model, found)
    return found
  }
}

export function ceilingOf(target: Target): PriceCeiling {
  return { target, rates: ratesOf(target) }
}

/** The highest price of a unit; undefined where there is none. */
export function unitCeiling({ unitPrice }: Target, unit: BillableUnit): number | undefined {
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

/** A provider that states its own cost may ask for more than the catalogue says. */
function ratesOf({ price, quirks }: Target): PriceCeiling['rates'] {
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
