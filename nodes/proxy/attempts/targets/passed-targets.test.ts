import { expect, test } from 'vitest'
import type { RateLimitedError } from '../../errors/gateway-error.ts'
import { PassedTargets } from './passed-targets.ts'

const full = (limit: string, retryAfterMs: number | undefined): RateLimitedError => ({
  type: 'rate-limited',
  limit,
  per: 'target',
  subject: 'up/m',
  unit: 'requests',
  amount: 1,
  window: '1m',
  retryAfterMs,
  headers: [],
})

test('the first reason why a target cannot take the request is kept', () => {
  const passed = new PassedTargets()
  passed.add({ type: 'unspoken', route: 'a' })
  passed.add({ type: 'unspoken', route: 'b' })
  expect([passed.ineligible, passed.full]).toEqual([{ type: 'unspoken', route: 'a' }, undefined])
})

test.each<[string, (number | undefined)[], string]>([
  ['the smallest wait counts', [9, 3, 5], '1'],
  ['a request that never fits waits longest', [undefined, 900_000], '1'],
  ['of the same waits the first counts', [5, 5], '0'],
  ['where nothing ever fits, that is told', [undefined, undefined], '0'],
])('of limits without room %s', (_, waits, expected) => {
  const passed = new PassedTargets()
  waits.forEach((wait, index) => {
    passed.add(full(String(index), wait))
  })
  expect(passed.full).toMatchObject({ limit: expected })
})
