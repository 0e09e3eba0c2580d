// The calendar windows of limits and budgets: minutes, hours, days and months of a time zone.
import { fromLocalMs, offsetMs } from './time-zone.ts'

export type CalendarUnit = '1m' | '1h' | '1d' | '1mo'

export interface CalendarWindow {
  /** Numbers the windows of a unit and a zone in order; the same on every node. */
  readonly number: number
  /** Milliseconds since the epoch; the end is the beginning of the next window. */
  readonly startMs: number
  readonly endMs: number
}

const unitMs = { '1m': 60_000, '1h': 3_600_000 } as const
const dayMs = 86_400_000

/** The window that a time is in. */
export function calendarWindow(unit: CalendarUnit, timeZone: string, atMs: number): CalendarWindow {
  const offset = offsetMs(timeZone, atMs)
  if (unit === '1mo') return monthOf(timeZone, atMs + offset)
  if (unit === '1d') return dayOf(timeZone, atMs + offset)
  // Local hours and minutes come twice where clocks are put back. Counted in UTC they do not; of the zone's offset only the part
  // below an hour tells when an hour begins.
  const ms = unitMs[unit]
  const part = ((offset % ms) + ms) % ms
  const number = Math.floor((atMs + part) / ms)
  return { number, startMs: number * ms - part, endMs: (number + 1) * ms - part }
}

function dayOf(timeZone: string, localMs: number): CalendarWindow {
  const number = Math.floor(localMs / dayMs)
  return { number, startMs: fromLocalMs(timeZone, number * dayMs), endMs: fromLocalMs(timeZone, (number + 1) * dayMs) }
}

function monthOf(timeZone: string, localMs: number): CalendarWindow {
  const date = new Date(localMs)
  const number = date.getUTCFullYear() * 12 + date.getUTCMonth()
  return { number, startMs: monthStart(timeZone, number), endMs: monthStart(timeZone, number + 1) }
}

function monthStart(timeZone: string, number: number): number {
  return fromLocalMs(timeZone, Date.UTC(Math.floor(number / 12), number % 12))
}

/** Answers the window of now, and works it out anew only when it has ended. */
export class CurrentWindow {
  readonly #unit: CalendarUnit
  readonly #timeZone: string
  #window: CalendarWindow = { number: 0, startMs: 0, endMs: 0 }

  constructor(unit: CalendarUnit, timeZone: string) {
    this.#unit = unit
    this.#timeZone = timeZone
  }

  at(nowMs: number): CalendarWindow {
    if (nowMs >= this.#window.endMs || nowMs < this.#window.startMs)
      this.#window = calendarWindow(this.#unit, this.#timeZone, nowMs)
    return this.#window
  }
}
