// Prices of answers that are not charged by tokens: images, seconds of audio, characters of speech.
import type { BillableUnit, BillableUnits } from '../usage/billable-units.ts'

/** USD per unit. Characters are priced per million, as providers do. */
export interface UnitPriceSpec {
  perImage?: number
  perSecond?: number
  perMCharacters?: number
  perSearchUnit?: number
}

/** Nano-dollars per unit. */
export type UnitPrice = ReadonlyMap<BillableUnit, number>

const nano = 1e9

export function unitPriceOf(spec: UnitPriceSpec): UnitPrice {
  const { perImage, perSecond, perMCharacters, perSearchUnit } = spec
  const prices: [BillableUnit, number | undefined][] = [
    ['images', perImage],
    ['seconds', perSecond],
    ['characters', perMCharacters === undefined ? undefined : perMCharacters / 1e6],
    ['search-units', perSearchUnit],
  ]
  return new Map(prices.flatMap(([unit, usd]) => (usd === undefined ? [] : [[unit, usd * nano]])))
}

/** The cost in whole nano-dollars; undefined when the unit has no price. */
export function costOfUnits(price: UnitPrice | undefined, units: BillableUnits | undefined): number | undefined {
  if (units === undefined) return undefined
  const each = price?.get(units.unit)
  return each === undefined ? undefined : Math.round(each * units.amount)
}
