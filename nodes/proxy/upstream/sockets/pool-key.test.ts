import { expect, test } from 'vitest'
import type { UpstreamOrigin } from '../upstream.ts'
import { poolKey } from './pool-key.ts'

const origin: UpstreamOrigin = { key: 'https://up', protocol: 'https:', hostname: 'up', port: 443, host: 'up' }

test('origins that differ in nothing share a pool', () => {
  expect(poolKey({ ...origin })).toBe(poolKey({ ...origin }))
  expect(poolKey({ ...origin, tls: { ca: 'a' } })).toBe(poolKey({ ...origin, tls: { ca: 'a' } }))
})

test('origins with different certificates or egress rules never share a pool', () => {
  const origins: UpstreamOrigin[] = [
    origin,
    { ...origin, tls: { ca: 'a' } },
    { ...origin, tls: { cert: 'a' } },
    { ...origin, tls: { key: 'a' } },
    { ...origin, egress: 'any' },
    { ...origin, egress: 'public-only' },
    { ...origin, egress: 'any', tls: { ca: 'a' } },
  ]
  expect(new Set(origins.map(poolKey)).size).toBe(origins.length)
})
