import { expect, test } from 'vitest'
import { errorRow } from './error-table.ts'
import type { GatewayError } from './gateway-error.ts'
import { errorCases } from './test-errors.ts'

test.each(errorCases)('the row of %s has its status, type, code, parameter, retry hint and words', (_, wanted) => {
  const { status, type, code, param, retryAfterMs, says } = wanted
  const found = errorRow(wanted.error)
  expect(found).toMatchObject({ status, type, code, retry: retryAfterMs !== undefined })
  expect([found.param, found.retryAfterMs]).toEqual([param, retryAfterMs])
  expect(found.message).toMatch(says)
})

test.each(errorCases)('the message of %s is a whole sentence, and none of it is a secret', (_, { error }) => {
  const { message } = errorRow(error)
  expect(message).toMatch(/^[A-Z`].*[.?]$/s)
  expect(JSON.stringify(errorRow(error))).not.toContain('sk-upstream')
})

test.each<[string, GatewayError['type'], readonly string[]]>([
  ['a missing key', 'missing-key', ['www-authenticate', 'Bearer']],
  ['an unknown key', 'unknown-key', ['www-authenticate', 'Bearer']],
  ['a WebSocket path', 'upgrade-required', ['upgrade', 'websocket']],
  ['a wrong method', 'method-not-allowed', ['allow', 'GET, HEAD']],
])('the row of %s has the header that its status asks for', (_, type, headers) => {
  const [, found] = errorCases.find(([, { error }]) => error.type === type) ?? []
  expect(found === undefined ? undefined : errorRow(found.error).headers).toEqual(headers)
})

const long = 'canary-'.repeat(40)
const told: GatewayError[] = [
  { type: 'model-not-allowed', model: long },
  { type: 'unknown-model', model: long, nearest: [] },
  { type: 'no-target', model: long },
  { type: 'response-unknown', id: long, isPrevious: true },
  { type: 'response-unknown', id: long, isPrevious: false },
  {
    type: 'unable',
    model: long,
    models: [long],
    ineligible: { type: 'missing-capability', capability: 'tools', what: long },
  },
  { type: 'unable', model: long, ineligible: { type: 'unsupported-params', params: [long] }, models: [] },
  { type: 'unable', model: long, ineligible: { type: 'elsewhere', provider: long }, models: [] },
]

test.each(told)('$type repeats no more than 64 characters of what the caller wrote', (error) => {
  const { message, param } = errorRow(error)
  expect(message).toContain(long.slice(0, 64))
  expect(`${message} ${param}`).not.toContain(long.slice(0, 65))
})

test('control characters and letters outside of ASCII do not come back', () => {
  const { message } = errorRow({ type: 'unknown-model', model: 'a\u0000b\r\nc\u00fc', nearest: [] })
  expect(message).toMatch(/^There is no model `a\?b\?\?c\?`\./)
})
