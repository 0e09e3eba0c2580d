import { describe, expect, test } from 'vitest'
import { testTarget } from '../providers/test-connect.ts'
import { testCaller, testRequest } from '../request/test-request.ts'
import { directRoute } from '../routing/model-route.ts'
import { noTokens } from './attempt-cost.ts'
import type { Outcome } from './outcome.ts'
import { type AttemptFacts, attemptRecord, recordOfAttempt, requestRecord, totalCost } from './request-records.ts'

const target = testTarget()
const caller = { ...testCaller, user: 'ada', app: 'shop' }
const { request } = testRequest({ caller, startedMs: 100 })

const facts: AttemptFacts = {
  planned: {
    route: directRoute('m', target),
    target,
    fallbackIndex: 0,
    repeats: 0,
    latency: undefined,
    trafficShare: 250,
    sharesRevision: 3,
  },
  index: 1,
  stream: true,
  outcome: 'ok',
  upstreamStatus: 200,
  tokens: { input: 3, output: 4, cached: 1 },
  costNanoUsd: 9,
  startedMs: 200,
  firstByteMs: 250,
  endedMs: 700,
  timing: { tokens: 5, firstTokenMs: 300, lastTokenMs: 500 },
}

const outcome: Outcome = {
  status: 'ok',
  httpStatus: 200,
  errorCode: '',
  model: 'm',
  stream: false,
  cacheStatus: 'BYPASS',
  attempts: [],
  attemptCount: 2,
  fallbackIndex: 1,
  tokens: { input: 3, output: 4, cached: 1 },
  estimated: false,
  units: undefined,
  costNanoUsd: 12,
  times: { endedMs: 160, upstreamMs: 40, firstForwardMs: undefined, firstTokenMs: 0 },
}

describe('the record of an attempt', () => {
  test('tells whose it is, where it went, and how it ended', () => {
    expect(attemptRecord(request, facts)).toMatchObject({
      requestId: 'req_1',
      atMs: request.receivedAtMs,
      index: 1,
      keyId: 'key_1',
      team: 'search',
      user: 'ada',
      app: 'shop',
      model: 'm',
      provider: 'up',
      target: 'gpt-4o',
      share: 250,
      sharesRevision: 3,
      outcome: 'ok',
      upstreamStatus: 200,
      costNanoUsd: 9,
    })
  })

  test('counts its times from its own start, in microseconds', () => {
    expect(attemptRecord(request, facts)).toMatchObject({
      firstByteUs: 50_000,
      ttftUs: 100_000,
      interTokenUs: 50_000,
      totalUs: 500_000,
    })
  })

  test('has no time of what never came', () => {
    const none = attemptRecord(request, { ...facts, firstByteMs: 0, timing: undefined })
    expect([none.firstByteUs, none.ttftUs, none.interTokenUs]).toEqual([0, 0, 0])
    const one = attemptRecord(request, { ...facts, timing: { tokens: 1, firstTokenMs: 300, lastTokenMs: 300 } })
    expect([one.ttftUs, one.interTokenUs]).toEqual([100_000, 0])
    const silent = attemptRecord(request, { ...facts, timing: { tokens: 0, firstTokenMs: 0, lastTokenMs: 0 } })
    expect(silent.ttftUs).toBe(0)
  })
})

test('an attempt is recorded by what it knows itself', () => {
  const { upstreamStatus, planned, index, startedMs, firstByteMs, timing, ...end } = facts
  const attempt = { planned, index, startedMs, firstByteMs, timing, status: upstreamStatus }
  expect(recordOfAttempt(request, attempt, end)).toEqual(attemptRecord(request, facts))
})

describe('the record of a request', () => {
  test('tells whose it was and what came of it', () => {
    const attempts = [
      { ...attemptRecord(request, facts), costNanoUsd: 5 },
      { ...attemptRecord(request, facts), costNanoUsd: 7 },
    ]
    expect(requestRecord(request, { ...outcome, attempts })).toMatchObject({
      requestId: 'req_1',
      route: '/v1/chat/completions',
      status: 'ok',
      keyId: 'key_1',
      user: 'ada',
      costCenter: '4711',
      model: 'm',
      attempts: 2,
      fallbackIndex: 1,
      costNanoUsd: 12,
      unpriced: false,
      configRevision: 7,
    })
  })

  test('names the user of the request, whoever told it', () => {
    const named = { ...request, user: 'eve' }
    expect([requestRecord(named, outcome).user, attemptRecord(named, facts).user]).toEqual(['eve', 'eve'])
  })

  test('our own time is what the upstreams did not take', () => {
    expect(requestRecord(request, outcome)).toMatchObject({ totalUs: 60_000, overheadUs: 20_000, ttftUs: 0 })
  })

  test('of a stream our own time ends with its first byte: what follows is relayed as it comes', () => {
    const times = { endedMs: 900, upstreamMs: 40, firstForwardMs: 145, firstTokenMs: 150 }
    expect(requestRecord(request, { ...outcome, stream: true, times })).toMatchObject({
      totalUs: 800_000,
      overheadUs: 5_000,
      ttftUs: 50_000,
    })
  })

  test('no time is below nothing', () => {
    const times = { ...outcome.times, upstreamMs: 500 }
    expect(requestRecord(request, { ...outcome, times }).overheadUs).toBe(0)
  })

  test('a cost that nobody knows is told apart from none', () => {
    expect(requestRecord(request, { ...outcome, costNanoUsd: undefined })).toMatchObject({
      costNanoUsd: 0,
      unpriced: true,
    })
    expect(requestRecord(request, { ...outcome, costNanoUsd: 0, tokens: noTokens }).unpriced).toBe(false)
  })
})

test('the attempts of a request cost what they cost together', () => {
  expect([totalCost([]), totalCost([attemptRecord(request, facts), attemptRecord(request, facts)])]).toEqual([0, 18])
})
