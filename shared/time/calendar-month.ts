// Calendar months of a time zone, by their names.
import { calendarWindow } from './calendar-window.ts'

/** Sums are kept by quarters of an hour, in which all time zones of today begin their months. */
export const quarterMs = 900_000

export interface Month {
  /** `2026-11` */
  readonly name: string
  readonly startMs: number
  readonly endMs: number
}

export function monthAt(timeZone: string, atMs: number): Month {
  const { number, startMs, endMs } = calendarWindow('1mo', timeZone, atMs)
  const year = String(Math.floor(number / 12)).padStart(4, '0')
  return { name: `${year}-${String((number % 12) + 1).padStart(2, '0')}`, startMs, endMs }
}

/** The month of a name; undefined for a text that is no month from 1971 to 9998. */
export function monthNamed(timeZone: string, name: string): Month | undefined {
  const [, year, month] = /^(\d{4})-(0[1-9]|1[0-2])$/.exec(name) ?? []
  if (year === undefined || month === undefined || year < '1971' || year > '9998') return undefined
  return monthAt(timeZone, Date.UTC(Number(year), Number(month) - 1, 15))
}
