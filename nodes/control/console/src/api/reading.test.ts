import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readNodes, readReadiness, readTargets } from './fleet.ts'
import { readKeyNames, readNewKey } from './keys.ts'
import { readModelNames } from './models.ts'
import { readObjectives } from './objectives.ts'
import { problemOf } from './problem.ts'
import { readRequestDetail, readRequests } from './requests.ts'
import { readSession } from './session.ts'
import { readUsage, sumUsage } from './usage.ts'
import { waitMs } from './use-poll.ts'

test('no JSON whatever makes a reader throw', () => {
  const readers = [readNodes, readReadiness, readTargets, readKeyNames, readNewKey, readModelNames, readRequests]
  const more = [readObjectives, readRequestDetail, readSession, readUsage, (body: unknown) => problemOf(500, body)]
  const names = ['items', 'rows', 'nodes', 'targets', 'attempts', 'request', 'reasons', 'problems', 'queues', 'events']
  const body = fc.oneof(fc.jsonValue(), fc.dictionary(fc.constantFrom(...names), fc.jsonValue()))
  fc.assert(
    fc.property(body, (value) => {
      for (const read of [...readers, ...more]) read(value)
    }),
  )
})

test('what is not priced is not shown as free', () => {
  const items = [
    { id: 'r', costUsd: 0, unpriced: true },
    { id: 's', costUsd: 0, unpriced: false },
  ]
  expect(readRequests({ items }).map(({ costUsd }) => costUsd)).toEqual([undefined, 0])
})

test('a request is read alike as the record names its fields and as the admin API prints them', () => {
  const inRecordUnits = {
    requestId: 'r',
    keyId: 'k',
    atMs: 1_000,
    tokens: { input: 3, output: 2, cached: 1 },
    costNanoUsd: 1_500,
    totalUs: 2_000,
  }
  const inPrintedUnits = {
    id: 'r',
    key: 'k',
    at: '1970-01-01T00:00:01.000Z',
    inputTokens: 3,
    outputTokens: 2,
    cachedTokens: 1,
    costUsd: 0.0000015,
    totalMs: 2,
  }
  const [first] = readRequests({ items: [inRecordUnits] })
  const [second] = readRequests({ items: [inPrintedUnits] })
  expect(first).toEqual(second)
})

test('attempts are found beside the request and inside it', () => {
  const attempts = [{ provider: 'openai', outcome: 'ok' }]
  expect(readRequestDetail({ request: { requestId: 'r', attempts: 1 }, attempts }).attempts).toHaveLength(1)
  const inside = readRequestDetail({ requestId: 'r', attempts })
  expect(inside.request).toMatchObject({ requestId: 'r', attemptCount: 1 })
  expect(inside.attempts[0]?.provider).toBe('openai')
})

test('the data endpoint is an origin, however it was written', () => {
  for (const dataEndpoint of ['http://h:1', 'http://h:1/', 'http://h:1/v1', 'http://h:1/v1/']) {
    expect(readSession({ actor: 'a', dataEndpoint }).dataEndpoint).toBe('http://h:1')
  }
})

test('all problems of a refused document are kept with their paths', () => {
  const problem = problemOf(422, { title: 'Invalid', problems: [{ path: 'a.b', message: 'no' }, { path: 'c' }] })
  expect(problem).toMatchObject({
    problems: [
      { path: 'a.b', message: 'no' },
      { path: 'c', message: '' },
    ],
  })
})

test('usage adds up over the models', () => {
  const rows = readUsage({
    rows: [
      { requests: 2, costUsd: 0.5 },
      { requests: 3, errors: 1 },
    ],
  })
  expect(sumUsage(rows)).toMatchObject({ requests: 5, errors: 1, costUsd: 0.5 })
})

test('each failure doubles the wait up to half a minute, and one success ends that', () => {
  expect([0, 1, 2, 3].map((failures) => waitMs(1_000, failures))).toEqual([1_000, 2_000, 4_000, 8_000])
  expect(waitMs(1_000, 1_000)).toBe(30_000)
})
