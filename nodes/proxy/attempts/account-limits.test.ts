import { expect, test } from 'vitest'
import type { UpstreamHead } from '../upstream/upstream.ts'
import { accountLimitsIn } from './account-limits.ts'

const headOf = (headers: readonly string[]) => ({ headersLike: () => headers }) as unknown as UpstreamHead

test('numbers, times and words are told to the caller', () => {
  const limits = [
    'anthropic-ratelimit-requests-limit',
    '50',
    'anthropic-ratelimit-requests-reset',
    '2026-11-30T17:00:00Z',
  ]
  expect(accountLimitsIn(headOf(limits))).toEqual(limits)
})

test('other words are not told', () => {
  expect(accountLimitsIn(headOf(['anthropic-ratelimit-hint', 'sk-ant-canary']))).toEqual([])
})
