import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type CalendarUnit, CurrentWindow, calendarWindow } from './calendar-window.ts'
import { isTimeZone } from './time-zone.ts'

const at = (text: string) => Date.parse(text)

test.each<[CalendarUnit, string, string, string, string]>([
  ['1mo', 'UTC', '2026-02-28T23:59:59Z', '2026-02-01T00:00:00Z', '2026-03-01T00:00:00Z'],
  ['1mo', 'Europe/Berlin', '2026-02-28T23:30:00Z', '2026-02-28T23:00:00Z', '2026-03-31T22:00:00Z'],
  ['1d', 'America/New_York', '2026-11-30T04:59:00Z', '2026-11-29T05:00:00Z', '2026-11-30T05:00:00Z'],
  // Leap days, and the time after which seconds no longer fit into 31 bits.
  ['1mo', 'Europe/Berlin', '2028-02-29T12:00:00Z', '2028-01-31T23:00:00Z', '2028-02-29T23:00:00Z'],
  ['1d', 'UTC', '2028-02-29T12:00:00Z', '2028-02-29T00:00:00Z', '2028-03-01T00:00:00Z'],
  ['1mo', 'UTC', '2038-01-19T03:14:08Z', '2038-01-01T00:00:00Z', '2038-02-01T00:00:00Z'],
  ['1h', 'UTC', '2038-01-19T03:14:08Z', '2038-01-19T03:00:00Z', '2038-01-19T04:00:00Z'],
  ['1d', 'America/New_York', '2100-03-01T04:59:00Z', '2100-02-28T05:00:00Z', '2100-03-01T05:00:00Z'],
  // Clocks are put forward, then back: a day of 23 and one of 25 hours.
  ['1d', 'Europe/Berlin', '2026-03-29T10:00:00Z', '2026-03-28T23:00:00Z', '2026-03-29T22:00:00Z'],
  ['1d', 'Europe/Berlin', '2026-10-25T10:00:00Z', '2026-10-24T22:00:00Z', '2026-10-25T23:00:00Z'],
  // Midnight does not exist on that day: clocks are put forward at 0:00.
  ['1d', 'America/Santiago', '2026-09-06T12:00:00Z', '2026-09-06T04:00:00Z', '2026-09-07T03:00:00Z'],
  ['1h', 'Asia/Kolkata', '2026-11-30T10:45:00Z', '2026-11-30T10:30:00Z', '2026-11-30T11:30:00Z'],
  ['1m', 'UTC', '2026-11-30T10:45:59Z', '2026-11-30T10:45:00Z', '2026-11-30T10:46:00Z'],
])('the window %s in %s at %s is from %s to %s', (unit, zone, now, start, end) => {
  const { startMs, endMs } = calendarWindow(unit, zone, at(now))
  expect([new Date(startMs).toISOString(), new Date(endMs).toISOString()]).toEqual([
    new Date(at(start)).toISOString(),
    new Date(at(end)).toISOString(),
  ])
})

test('windows follow one another without gap or overlap', () => {
  const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe', 'America/Santiago']
  fc.assert(
    fc.property(
      fc.constantFrom<CalendarUnit>('1d', '1mo'),
      fc.constantFrom(...zones),
      fc.integer({ min: at('2020-01-01'), max: at('2045-01-01') }),
      (unit, zone, now) => {
        const window = calendarWindow(unit, zone, now)
        expect(window.startMs).toBeLessThanOrEqual(now)
        expect(window.endMs).toBeGreaterThan(now)
        const next = calendarWindow(unit, zone, window.endMs)
        expect(next.number).toBe(window.number + 1)
        expect(next.startMs).toBe(window.endMs)
        expect(calendarWindow(unit, zone, window.startMs).number).toBe(window.number)
      },
    ),
    { numRuns: 300 },
  )
})

test.each<[CalendarUnit, string, string]>([
  ['1m', 'Europe/Berlin', '2026-10-25T00:00:00Z'],
  ['1h', 'Europe/Berlin', '2026-10-25T00:00:00Z'],
  ['1m', 'America/New_York', '2026-11-01T05:00:00Z'],
  ['1h', 'America/New_York', '2026-11-01T05:00:00Z'],
  ['1m', 'Australia/Lord_Howe', '2026-04-04T14:00:00Z'],
  ['1h', 'Asia/Kolkata', '2026-10-25T00:00:00Z'],
  ['1m', 'Europe/Berlin', '2026-03-29T00:00:00Z'],
  ['1h', 'Europe/Berlin', '2026-03-29T00:00:00Z'],
])('windows of %s in %s last no longer where clocks are put back or forward', (unit, zone, from) => {
  const ms = unit === '1m' ? 60_000 : 3_600_000
  for (let now = at(from); now < at(from) + 4 * 3_600_000; now += ms) {
    const window = calendarWindow(unit, zone, now)
    expect([window.startMs <= now, window.endMs > now, window.endMs - window.startMs]).toEqual([true, true, ms])
    expect(calendarWindow(unit, zone, now + ms).number).toBe(window.number + 1)
  }
})

test('an hour of a zone that puts its clocks back by half an hour never counts backwards', () => {
  let last = 0
  for (const from of ['2026-04-04T12:00:00Z', '2026-10-03T12:00:00Z']) {
    for (let now = at(from); now < at(from) + 6 * 3_600_000; now += 60_000) {
      const { number, startMs, endMs } = calendarWindow('1h', 'Australia/Lord_Howe', now)
      expect([number >= last, startMs <= now, endMs > now]).toEqual([true, true, true])
      last = number
    }
  }
})

test('the current window changes when it ends, and when a clock is put back', () => {
  const windows = new CurrentWindow('1d', 'UTC')
  const noon = at('2026-11-30T12:00:00Z')
  const today = windows.at(noon)
  expect(windows.at(noon + 3_600_000)).toBe(today)
  expect(windows.at(today.endMs).number).toBe(today.number + 1)
  expect(windows.at(noon)).toEqual(today)
})

test('a time zone has a name that the runtime knows', () => {
  expect(['UTC', 'Europe/Berlin', 'Mars/Olympus', ''].map(isTimeZone)).toEqual([true, true, false, false])
})
