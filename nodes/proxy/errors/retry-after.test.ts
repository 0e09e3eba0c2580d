import { expect, test } from 'vitest'
import { retryAfterMsOf } from './retry-after.ts'

const nowMs = Date.UTC(2026, 0, 1, 12, 0, 0)

test.each<[string, Readonly<Record<string, string>>, number | undefined]>([
  ['no header', {}, undefined],
  ['seconds', { 'retry-after': '2' }, 2_000],
  ['seconds with a fraction', { 'retry-after': '0.25' }, 250],
  ['seconds with spaces', { 'retry-after': ' 3 ' }, 3_000],
  ['zero', { 'retry-after': '0' }, 0],
  ['a date', { 'retry-after': 'Thu, 01 Jan 2026 12:00:30 GMT' }, 30_000],
  ['a date that is over', { 'retry-after': 'Thu, 01 Jan 2026 11:59:00 GMT' }, 0],
  ['milliseconds', { 'retry-after-ms': '1500' }, 1_500],
  ['milliseconds before seconds', { 'retry-after-ms': '1500', 'retry-after': '9' }, 1_500],
  ['unreadable milliseconds before seconds', { 'retry-after-ms': 'soon', 'retry-after': '9' }, 9_000],
  ['negative milliseconds before seconds', { 'retry-after-ms': '-1', 'retry-after': '9' }, 9_000],
  ['an empty value', { 'retry-after': '' }, undefined],
  ['spaces', { 'retry-after': '  ' }, undefined],
  ['words', { 'retry-after': 'in a while' }, undefined],
])('a head with %s asks for this wait', (_, headers, wanted) => {
  const head = { status: 429, header: (name: string) => headers[name] }
  expect(retryAfterMsOf(head, nowMs)).toBe(wanted)
})
