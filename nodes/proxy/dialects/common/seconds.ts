// Parses the seconds of audio that providers report.
import type { BillableUnits } from '../../../../shared/usage/billable-units.ts'

/** A larger number comes from a broken counter. */
const secondsMax = 1e9

export function secondsOf(value: unknown): BillableUnits | undefined {
  const amount = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  if (typeof amount !== 'number' || !(amount >= 0 && amount <= secondsMax)) return undefined
  return { unit: 'seconds', amount }
}
