import { expect, test } from 'vitest'
import { connectProvider } from './endpoint.ts'
import { MissingEndpoints } from './missing-endpoints.ts'
import { testConnectOptions } from './test-connect.ts'

test('what is missing is remembered for a while, each endpoint by itself', () => {
  const missing = new MissingEndpoints()
  missing.add('/v1/responses', 1_000)
  expect(missing.has('/v1/responses', 1_000)).toBe(true)
  expect(missing.has('/v1/completions', 1_000)).toBe(false)
  expect(missing.has('/v1/responses', 1_000 + 15 * 60_000 - 1)).toBe(true)
  expect(missing.has('/v1/responses', 1_000 + 15 * 60_000)).toBe(false)
  missing.delete('/v1/responses')
  expect(missing.has('/v1/responses', 1_000)).toBe(false)
})

test('a connection that is made anew knows nothing of it', () => {
  const connect = () => connectProvider('a', { kind: 'openai' }, testConnectOptions())
  connect()?.missing.add('/v1/responses', 0)
  expect(connect()?.missing.has('/v1/responses', 1)).toBe(false)
})

test("the operator's word on endpoints wins over what is known of the host", () => {
  const speaks = (spec: object) =>
    connectProvider('a', { kind: 'openai', ...spec }, testConnectOptions())?.speaks ?? new Set()
  expect([...speaks({ endpoints: ['chat', 'images'] })]).toEqual(['openai-chat', 'openai-images', 'openai-image-edits'])
  const baseUrl = 'https://api.deepseek.com/v1'
  expect(speaks({ baseUrl }).has('openai-responses')).toBe(false)
  expect(speaks({ baseUrl, endpoints: ['chat', 'responses'] }).has('openai-responses')).toBe(true)
})
