import { expect, test } from 'vitest'
import { checkedLines, headersIn } from '../http/checked-lines.ts'
import { testTarget } from '../providers/test-connect.ts'
import { type AnswerFacts, answerLines, contentHeaders, usd } from './response-headers.ts'

const facts: AnswerFacts = {
  requestId: 'req_1',
  target: undefined,
  attempts: 1,
  fallbackIndex: 0,
  cacheStatus: 'BYPASS',
  revisionText: '7',
  upstreamMs: 12.3456,
  overheadMs: 0.004,
  dropped: '',
  requestIdToo: false,
  costNanoUsd: undefined,
  unpriced: false,
}

function headersOf(more: Partial<AnswerFacts>): Record<string, string> {
  const lines = headersIn(answerLines({ ...facts, ...more }))
  expect(lines.length % 2).toBe(0)
  return Object.fromEntries(Array.from({ length: lines.length / 2 }, (_, i) => [lines[2 * i], lines[2 * i + 1]]))
}

test('every answer begins with its media type and its id', () => {
  expect(contentHeaders('text/plain', 'req_1')).toEqual(['content-type', 'text/plain', 'x-request-id', 'req_1'])
})

test('what happened is told in a fixed set of headers', () => {
  expect(headersOf({ attempts: 20, fallbackIndex: 2 })).toEqual({
    'x-headgate-attempts': '20',
    'x-headgate-fallback-index': '2',
    'x-headgate-cache-status': 'BYPASS',
    'x-headgate-upstream-ms': '12.35',
    'x-headgate-overhead-ms': '0',
    'x-headgate-config-revision': '7',
  })
})

test('who served is told, without a model where files have none', () => {
  expect(headersOf({ target: testTarget() })).toMatchObject({
    'x-headgate-provider': 'up',
    'x-headgate-model': 'gpt-4o',
  })
  expect(headersOf({ target: testTarget({ kind: 'openai' }, { model: '' }) })).not.toHaveProperty('x-headgate-model')
})

test('an overhead is never below nothing', () => {
  expect(headersOf({ overheadMs: -3 })['x-headgate-overhead-ms']).toBe('0')
})

test('names that callers made up cannot break a header', () => {
  expect(headersOf({ dropped: 'naïve\r\nx: y' })['x-headgate-dropped-params']).toBe('na?ve??x: y')
  expect(headersOf({ dropped: 'x'.repeat(5_000) })['x-headgate-dropped-params']).toHaveLength(1_024)
})

test('limits of an account, an id for another SDK and the cost are told where they are known', () => {
  expect(
    headersOf({ limits: checkedLines(['anthropic-ratelimit-x', '1']), requestIdToo: true, costNanoUsd: 1 }),
  ).toMatchObject({
    'anthropic-ratelimit-x': '1',
    'request-id': 'req_1',
    'x-headgate-cost-usd': '0.000000001',
  })
})

test('money is a plain decimal, however small', () => {
  expect([0, 1, 13_000, 1_500_000_000, 2_000_000_000].map(usd)).toEqual(['0', '0.000000001', '0.000013', '1.5', '2'])
})
