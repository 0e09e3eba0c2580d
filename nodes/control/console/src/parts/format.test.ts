import { expect, test } from 'vitest'
import {
  formatBurn,
  formatCount,
  formatMicros,
  formatMillis,
  formatPercent,
  formatUsd,
  formatWindow,
} from './format.ts'

test('what was not measured is a dash and never a zero', () => {
  for (const format of [formatCount, formatMicros, formatMillis, formatUsd, formatPercent, formatBurn]) {
    expect(format(undefined)).toBe('–')
    expect(format(0)).not.toBe('–')
  }
})

test('a small amount of money still differs from nothing', () => {
  expect([0, 0.000_000_15, 0.0042, 0.5, 1234.5].map(formatUsd)).toEqual([
    '$0',
    '$0.00000015',
    '$0.0042',
    '$0.50',
    '$1,234.50',
  ])
})

test('a time is told in the unit that fits it', () => {
  expect([184, 1_840, 42_000, 1_234_000, 90_000_000].map(formatMicros)).toEqual([
    '184 µs',
    '1.8 ms',
    '42 ms',
    '1.23 s',
    '1.5 min',
  ])
})

test('a target keeps the digits that make it one, and an overspent budget its sign', () => {
  expect([0.999, 0.99999, 0.5, -0.214, 1].map(formatPercent)).toEqual([
    '99.9 %',
    '99.999 %',
    '50 %',
    '-21.4 %',
    '100 %',
  ])
})

test('a burn rate and its window are short', () => {
  expect([0.04, 1, 14.4, 50].map(formatBurn)).toEqual(['0×', '1×', '14×', '50×'])
  expect([60, 300, 3_600, 259_200].map(formatWindow)).toEqual(['1 min', '5 min', '1 h', '3 d'])
})
