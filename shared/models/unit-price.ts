// Prices of answers that are not charged by tokens: images, seconds of audio, characters of speech.
import type { BillableUnit, BillableUnits } from '../usage/billable-units.ts'
import { ExactCost, picoOf } from './exact-cost.ts'

/** USD per unit. Characters are priced per million, as providers do. */
export interface UnitPriceSpec {
  perImage?: number
  perSecond?: number
  perMCharacters?: number
  perSearchUnit?: number
}

/** Pico-dollars per unit. */
export type UnitPrice = ReadonlyMap<BillableUnit, number>

export function unitPriceOf(spec: UnitPriceSpec): UnitPrice {
  const { perImage, perSecond, perMCharacters, perSearchUnit } = spec
  const prices: [BillableUnit, number | undefined, number?][] = [
    ['images', perImage],
    ['seconds', perSecond],
    ['characters', perMCharacters, 1e6],
    ['search-units', perSearchUnit],
  ]
  return new Map(prices.flatMap(([unit, usd, per]) => (usd === undefined ? [] : [[unit, picoOf(usd, per)]])))
}

/** The cost in whole nano-dollars; undefined when the unit has no price. */
export function costOfUnits(price: UnitPrice | undefined, units: BillableUnits | undefined): number | undefined {
  if (units === undefined) return undefined
  const each = price?.get(units.unit)
  return each === undefined ? undefined : new ExactCost().addPart(units.amount, each).nanoUsd
}
