import { expect, test } from 'vitest'
import { LatencyEstimate } from './latency-estimate.ts'
import { compileModelRoute, defaultTimeouts } from './model-route.ts'

const of = {
  target: ({ provider, model }: { provider: string; model: string }) => (provider === 'gone' ? undefined : model),
  latency: () => new LatencyEstimate(),
}

test('a route has the defaults of everything that is not configured', () => {
  const route = compileModelRoute('fast', { targets: [{ provider: 'p', model: 'a' }] }, of)
  expect(route).toMatchObject({ model: 'fast', order: 'weighted', extraAttempts: 1, strict: false, fallbacks: [] })
  expect(route.timeouts).toEqual(defaultTimeouts)
  expect([...route.retryOn]).toEqual(['429', '5xx', 'timeout', 'connect'])
  expect(route.targets).toEqual([{ target: 'a', weight: 1, latency: undefined }])
})

test('a target whose provider is not there is left out', () => {
  const targets = [
    { provider: 'gone', model: 'a' },
    { provider: 'p', model: 'b', weight: 3 },
  ]
  expect(compileModelRoute('fast', { targets }, of).targets).toEqual([{ target: 'b', weight: 3, latency: undefined }])
})

test('only routes by latency have weight tables', () => {
  const targets = [{ provider: 'p', model: 'a' }]
  expect(compileModelRoute('fast', { targets }, of).weightTables).toBeUndefined()
  const { weightTables } = compileModelRoute('fast', { targets, routing: 'latency' }, of)
  expect(weightTables?.first.shares).toHaveLength(1)
})

test('a first token timeout that is configured is told from the default', () => {
  const targets = [{ provider: 'p', model: 'a' }]
  const { timeouts } = compileModelRoute('fast', { targets, timeouts: { firstToken: '5s', total: '1m' } }, of)
  expect(timeouts).toEqual({ ...defaultTimeouts, firstTokenMs: 5_000, firstTokenIsSet: true, totalMs: 60_000 })
})
