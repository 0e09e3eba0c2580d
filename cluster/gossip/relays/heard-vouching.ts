// What others have granted themselves, as a root hears of it late: what they will have taken before the next word of it is promised to nobody
// else.
import { at64 } from '../bucket-slots.ts'
import type { RelayColumns } from './relay-columns.ts'

/** The time for which it is remembered: they are expected to take as much again. */
const rememberedMs = 20_000

/** A child tells of more than it was granted. */
export function hearVouched(columns: RelayColumns, slot: number, amount: number, nowMs: number): void {
  columns.vouched[slot] = vouchedOf(columns, slot, nowMs) + amount
  columns.vouchedHeardMs[slot] = nowMs
}

export function vouchedOf(columns: RelayColumns, slot: number, nowMs: number): number {
  const vouched = at64(columns.vouched, slot)
  return vouched === 0 ? 0 : vouched * Math.exp((at64(columns.vouchedHeardMs, slot) - nowMs) / rememberedMs)
}
