import { expect, test } from 'vitest'
import { formatCount, formatMicros, formatMillis, formatUsd } from './format.ts'

test('what was not measured is a dash and never a zero', () => {
  for (const format of [formatCount, formatMicros, formatMillis, formatUsd]) {
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
