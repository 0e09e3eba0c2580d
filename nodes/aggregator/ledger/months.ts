// In which month an event is booked: in its own, unless that was closed before the event came.
import { type Month, monthNamed, quarterMs } from '../../../shared/time/calendar-month.ts'
import { type MoneyEvent, noAttempt } from './money-event.ts'

export function quarterOf(atMs: number): number {
  return Math.floor(atMs / quarterMs)
}

/** A month that was closed in a partition. Events that were booked before `cutMs` belong to it. */
export interface MonthClose extends Month {
  readonly timeZone: string
  readonly cutMs: number
  /** Totals as JSON. */
  readonly totals: string
}

/** The event by which a close stands among the events of a partition. */
export function closeEvent({ name, cutMs, timeZone, totals }: MonthClose): MoneyEvent {
  return {
    kind: 'month-close',
    settlement: 'reported',
    outcome: 'ok',
    mark: 'final',
    atMs: cutMs,
    arrivedMs: cutMs,
    requestId: name,
    attempt: noAttempt,
    key: '',
    team: '',
    user: '',
    summedUser: '',
    app: '',
    costCenter: '',
    model: '',
    provider: '',
    target: '',
    inputTokens: 0,
    outputTokens: 0,
    cachedTokens: 0,
    costNanoUsd: 0n,
    savedNanoUsd: 0n,
    note: JSON.stringify({ timeZone, cutMs, totals }),
  }
}

export function closeOf(row: Record<string, unknown>): MonthClose {
  const text = (name: string) => String(row[name])
  const [name, timeZone] = [text('month'), text('timeZone')]
  const { startMs, endMs } = monthNamed(timeZone, name) ?? { startMs: 0, endMs: 0 }
  return { name, startMs, endMs, timeZone, cutMs: Number(row['cutMs']), totals: text('totals') }
}

interface Times {
  readonly atMs: number
  readonly bookedMs: number
}

/** The closed month that an event corrects; such an event belongs to the month in which it was booked. */
export function correctedMonth(closes: readonly MonthClose[], { atMs, bookedMs }: Times): MonthClose | undefined {
  return closes.find(({ startMs, endMs, cutMs }) => atMs >= startMs && atMs < endMs && bookedMs >= cutMs)
}

/** The quarter under which sums have an event that corrects a closed month; 0 for all others. */
export function bookedQuarterOf(closes: readonly MonthClose[], times: Times): number {
  return correctedMonth(closes, times) === undefined ? 0 : quarterOf(times.bookedMs)
}
