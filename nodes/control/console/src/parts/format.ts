// Numbers, money and times as text. Absent values are a dash, never a zero: a zero is a measurement.
export const absent = '–'

const count = new Intl.NumberFormat('en')
const countShort = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })

export function formatCount(value: number | undefined): string {
  if (value === undefined) return absent
  return value < 100_000 ? count.format(value) : countShort.format(value)
}

/** Small amounts keep enough digits to differ from nothing. */
export function formatUsd(value: number | undefined): string {
  if (value === undefined) return absent
  if (value === 0) return '$0'
  if (value >= 0.01) return `$${value.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`
  return `$${value.toLocaleString('en', { maximumSignificantDigits: 2, maximumFractionDigits: 9 })}`
}

export function formatMicros(us: number | undefined): string {
  if (us === undefined) return absent
  if (us < 1_000) return `${Math.round(us)} µs`
  return formatMillis(us / 1_000)
}

export function formatMillis(ms: number | undefined): string {
  if (ms === undefined) return absent
  if (ms < 10) return `${Number(ms.toFixed(1))} ms`
  if (ms < 1_000) return `${Math.round(ms)} ms`
  return ms < 60_000 ? `${(ms / 1_000).toFixed(2)} s` : `${(ms / 60_000).toFixed(1)} min`
}

/** A part of one; as many digits as tell it from the next round number. */
export function formatPercent(part: number | undefined): string {
  if (part === undefined) return absent
  return `${(part * 100).toLocaleString('en', { maximumSignificantDigits: 5, maximumFractionDigits: 3 })} %`
}

/** A burn rate: 1× spends the budget in exactly its window. */
export function formatBurn(rate: number | undefined): string {
  if (rate === undefined) return absent
  return `${rate.toLocaleString('en', { maximumFractionDigits: rate < 10 ? 1 : 0 })}×`
}

export function formatWindow(seconds: number | undefined): string {
  if (seconds === undefined) return absent
  if (seconds < 3_600) return `${Math.round(seconds / 60)} min`
  return seconds < 86_400 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} d`
}

export function formatClock(atMs: number): string {
  return new Date(atMs).toLocaleTimeString('en-GB')
}

export function formatDay(atMs: number): string {
  return new Date(atMs).toLocaleDateString('en-GB', { day: 'numeric', month: 'short' })
}

/** The start of the reader's day. */
export function dayStartMs(nowMs: number): number {
  return new Date(nowMs).setHours(0, 0, 0, 0)
}
