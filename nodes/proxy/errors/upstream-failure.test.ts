import { expect, test } from 'vitest'
import type { UpstreamError } from '../upstream/upstream.ts'
import { failureOfError } from './upstream-failure.ts'

test.each<[UpstreamError['type'], string, string, string]>([
  ['tls', 'tls', 'connect', 'upstream-tls'],
  ['protocol', 'protocol', '5xx', 'upstream-protocol'],
  ['connect-timeout', 'connect', 'connect', 'upstream-timeout'],
  ['connect', 'connect', 'connect', 'upstream-error'],
  ['reset', 'reset', 'connect', 'upstream-error'],
])('a connection that fails by %s has the outcome %s, is retried on %s, and is told as %s', (type, ...wanted) => {
  const [outcome, condition, told] = wanted
  const failure = failureOfError({ type, message: 'ECONNREFUSED 10.0.0.7' } as UpstreamError)
  expect(failure).toMatchObject({ outcome, condition, error: { type: told } })
  expect(JSON.stringify(failure.error)).not.toContain('10.0.0.7')
  if (type !== 'protocol') expect(failure.said).toContain('ECONNREFUSED')
})
