// Prices that change at a date. A request is charged by the price that holds when it arrives, however long it takes.
import type { Price } from './price.ts'
import type { UnitPrice } from './unit-price.ts'

export interface Prices {
  /** The price of tokens; undefined when unknown. */
  readonly price: Price | undefined
  /** The price of billable units other than tokens. */
  readonly unitPrice?: UnitPrice | undefined
}

/** Prices, and those that replace them: the rising dates from which they hold, in milliseconds since the epoch. The list is undefined
 *  where nothing changes, so that a request then looks at no date. */
export interface DatedPrices extends Prices {
  readonly laterPrices?: readonly LaterPrices[] | undefined
}

export interface LaterPrices extends Prices {
  readonly fromMs: number
}

/** A value from each date on. The first date may be -Infinity. */
export type Timeline<T> = readonly { readonly fromMs: number; readonly value: T | undefined }[]

export function pricesAt(prices: DatedPrices, atMs: number): Prices {
  const { laterPrices } = prices
  return laterPrices === undefined ? prices : (laterPrices.findLast(({ fromMs }) => fromMs <= atMs) ?? prices)
}

/** When the prices of a time are replaced. */
export function pricesUntilMs({ laterPrices = [] }: DatedPrices, atMs: number): number {
  return laterPrices.find(({ fromMs }) => fromMs > atMs)?.fromMs ?? Number.POSITIVE_INFINITY
}

/** A timeline that goes before another one from its own first date on. */
export function overlaid<T>(over: Timeline<T>, under: Timeline<T>): Timeline<T> {
  const firstMs = over[0]?.fromMs ?? Number.POSITIVE_INFINITY
  return [...under.filter(({ fromMs }) => fromMs < firstMs), ...over]
}

export function datedPrices(prices: Timeline<Price>, unitPrices: Timeline<UnitPrice>): DatedPrices {
  const at = (ms: number): Prices => ({ price: valueAt(prices, ms), unitPrice: valueAt(unitPrices, ms) })
  const dates = new Set([...prices, ...unitPrices].map(({ fromMs }) => fromMs).filter(Number.isFinite))
  const first = at(Number.NEGATIVE_INFINITY)
  if (dates.size === 0) return first
  const rising = [...dates].sort((a, b) => a - b)
  return { ...first, laterPrices: rising.map((fromMs) => ({ fromMs, ...at(fromMs) })) }
}

function valueAt<T>(timeline: Timeline<T>, atMs: number): T | undefined {
  return timeline.findLast(({ fromMs }) => fromMs <= atMs)?.value
}
