// What answers cost that are charged by something else than tokens: a picture, a second of sound, a character of speech.
import type { BillableUnit, BillableUnits } from '../usage/billable-units.ts'

/** USD, each for one of what it names; characters by the million, as their providers tell it. */
export interface UnitPriceSpec {
  perImage?: number
  perSecond?: number
  perMCharacters?: number
  perSearchUnit?: number
}

/** Nano-dollars for one. */
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

/** Nano-dollars, whole; undefined where nobody told a price for that unit. */
export function costOfUnits(price: UnitPrice | undefined, units: BillableUnits | undefined): number | undefined {
  if (units === undefined) return undefined
  const each = price?.get(units.unit)
  return each === undefined ? undefined : Math.round(each * units.amount)
}
