import { expect, test } from 'vitest'
import { ineligibleRow } from './ineligible-row.ts'

type Unable = Parameters<typeof ineligibleRow>[0]

const asked: Unable = {
  type: 'unable',
  model: 'fast',
  ineligible: { type: 'unspoken', route: '/v1/rerank' },
  models: [],
}

test('models that could take the request are named, and their absence is told', () => {
  expect(ineligibleRow({ ...asked, models: ['a', 'b'] }).message).toMatch(/These models could: `a`, `b`\.$/)
  expect(ineligibleRow(asked).message).toMatch(/No model that you may use could\.$/)
})

test.each<[string, Unable['ineligible'], string]>([
  [
    'what asks for a capability',
    { type: 'missing-capability', capability: 'tools', what: 'get_weather' },
    'get_weather',
  ],
  ['the first parameter', { type: 'unsupported-params', params: ['seed', 'n'] }, 'seed'],
  ['the response', { type: 'elsewhere', provider: 'openai' }, 'previous_response_id'],
  ['the model', { type: 'unspoken', route: '/v1/rerank' }, 'model'],
])('the parameter of the row is %s', (_, ineligible, param) => {
  expect(ineligibleRow({ ...asked, ineligible }).param).toBe(param)
})

test('a strict request with a thousand parameters gets a short message', () => {
  const params = Array.from({ length: 1_000 }, (_, n) => `vendor_${n}`)
  const { message } = ineligibleRow({ ...asked, ineligible: { type: 'unsupported-params', params } })
  expect(message.length).toBeLessThan(400)
  expect(message).toContain('and 990 more')
})
