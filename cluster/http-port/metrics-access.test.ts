import { expect, test } from 'vitest'
import { MetricsAccess } from './metrics-access.ts'

const token = 'scrape-0123456789abcdef'

test.each([
  ['the token', `Bearer ${token}`, true],
  ['the token after a scheme in other letters', `bearer  ${token} `, true],
  ['no header', undefined, false],
  ['an empty header', '', false],
  ['no token', 'Bearer ', false],
  ['another token', `Bearer ${token}x`, false],
  ['a beginning of the token', `Bearer ${token.slice(0, -1)}`, false],
  ['another scheme', `Basic ${token}`, false],
  ['two tokens', `Bearer ${token} ${token}`, false],
])('with a token, %s is judged', (_what, authorization, isAllowed) => {
  expect(new MetricsAccess(token).allows(authorization)).toBe(isAllowed)
})

test('without a token everybody may read', () => {
  for (const authorization of [undefined, 'Bearer x'])
    expect(new MetricsAccess(undefined).allows(authorization)).toBe(true)
})
