import { expect, test } from 'vitest'
import { testHead } from '../request/test-request.ts'
import { defaultTimeouts } from '../routing/model-route.ts'
import { TimeLimits } from './time-limits.ts'

const route = { ...defaultTimeouts, firstTokenMs: 2_000, totalMs: 60_000 }

function limits(headers: Readonly<Record<string, string>>, stream = true): TimeLimits {
  return new TimeLimits({ head: testHead({ headers }), startedMs: 1_000 }, stream)
}

test('the limits of the route hold where the caller names none', () => {
  const own = limits({})
  expect([own.leftMs(route, 1_000), own.leftMs(route, 61_500)]).toEqual([60_000, -500])
  expect([own.firstTokenMs(route), own.firstByteMs(route)]).toEqual([2_000, 2_000])
})

test('shorter limits of the caller count before those of the route', () => {
  const own = limits({ 'x-headgate-timeout': '5s', 'x-headgate-ttft-timeout': '500ms' })
  expect([own.leftMs(route, 2_000), own.firstTokenMs(route)]).toEqual([4_000, 500])
})

test('the caller’s limits never outlast those of the route', () => {
  const own = limits({ 'x-headgate-timeout': '10m', 'x-headgate-ttft-timeout': '5m' })
  expect([own.leftMs(route, 1_000), own.firstTokenMs(route)]).toEqual([60_000, 2_000])
  expect(limits({ 'x-headgate-ttft-timeout': '5m' }, false).firstByteMs(route)).toBe(60_000)
})

test('what is no duration is no limit', () => {
  const own = limits({ 'x-headgate-timeout': 'soon' })
  expect(own.leftMs(route, 1_000)).toBe(60_000)
})

test('a whole answer may take all of the time, unless somebody set a limit to its beginning', () => {
  expect(limits({}, false).firstByteMs(route)).toBe(60_000)
  expect(limits({}, false).firstByteMs({ ...route, firstTokenIsSet: true })).toBe(2_000)
  expect(limits({ 'x-headgate-ttft-timeout': '500ms' }, false).firstByteMs(route)).toBe(500)
})
