import { expect, test } from 'vitest'
import type { SloSpec } from '../../../shared/config/kinds/slos/spec.ts'
import { sampleAttempt, sampleRequest } from '../../../shared/telemetry/arbitrary-records.ts'
import type { AttemptRecord, RequestRecord } from '../../../shared/telemetry/records.ts'
import { judgeAttempt, judgeRequest } from './judge.ts'
import { compileObjective } from './objective.ts'

const ofRequest = (spec: SloSpec, over: Partial<RequestRecord>) =>
  judgeRequest(compileObjective('x', spec), sampleRequest(over))
const ofAttempt = (spec: SloSpec, over: Partial<AttemptRecord>) =>
  judgeAttempt(compileObjective('x', spec), sampleAttempt(over))

test.each<[string, Partial<RequestRecord>, string]>([
  ['an answer', {}, 'good'],
  ['a failure of every attempt', { status: 'failed', httpStatus: 502 }, 'bad'],
  ['a time-out', { status: 'failed', httpStatus: 504 }, 'bad'],
  ["upstreams' limits", { status: 'failed', httpStatus: 429 }, 'bad'],
  ['a stream that was cut', { status: 'cut' }, 'bad'],
  ['a stream that a limit has ended', { status: 'cut', errorCode: 'limit_exhausted' }, 'not-counted'],
  ['a stream that a budget has ended', { status: 'cut', errorCode: 'budget_exhausted' }, 'not-counted'],
  ['a request that is wrong in itself', { status: 'failed', httpStatus: 400 }, 'not-counted'],
  ['a caller who left', { status: 'client-aborted', httpStatus: 0 }, 'not-counted'],
  ['a refusal of ours', { status: 'refused', httpStatus: 429, attempts: 0 }, 'not-counted'],
])('availability: %s', (_, over, verdict) => {
  expect(ofRequest({ objective: 'availability' }, over)).toBe(verdict)
})

test.each<[string, Partial<AttemptRecord>, string]>([
  ['an answer', {}, 'good'],
  ['no connection', { outcome: 'connect', upstreamStatus: 0 }, 'bad'],
  ['a refused credential', { outcome: 'auth', upstreamStatus: 401 }, 'bad'],
  ['a limit', { outcome: 'http-error', upstreamStatus: 429 }, 'bad'],
  ['a server error', { outcome: 'http-error', upstreamStatus: 503 }, 'bad'],
  ['a request that is wrong in itself', { outcome: 'http-error', upstreamStatus: 422 }, 'not-counted'],
  ['a caller who left', { outcome: 'aborted' }, 'not-counted'],
])('availability of a provider counts attempts: %s', (_, over, verdict) => {
  const spec: SloSpec = { objective: 'availability', match: { provider: 'openai' } }
  expect(ofAttempt(spec, over)).toBe(verdict)
  expect(ofRequest(spec, {})).toBe('not-counted')
})

test('what is within the threshold is good, and what was not measured does not count', () => {
  const ttft: SloSpec = { objective: 'ttft', threshold: '1s' }
  expect([1_000_000, 1_000_001, 0].map((ttftUs) => ofRequest(ttft, { ttftUs }))).toEqual(['good', 'bad', 'not-counted'])
  const total: SloSpec = { objective: 'total', threshold: '20ms' }
  expect([20_000, 20_001].map((totalUs) => ofRequest(total, { totalUs }))).toEqual(['good', 'bad'])
  expect(ofRequest(total, { status: 'failed', httpStatus: 502 })).toBe('not-counted')
})

test('time between tokens is measured at the attempt that answered', () => {
  const spec: SloSpec = { objective: 'itl', threshold: '50ms' }
  expect(ofRequest(spec, {})).toBe('not-counted')
  expect([50_000, 60_000].map((interTokenUs) => ofAttempt(spec, { interTokenUs }))).toEqual(['good', 'bad'])
  expect(ofAttempt(spec, { interTokenUs: 50_000, outcome: 'reset' })).toBe('not-counted')
})

test.each([
  [{ model: 'fast', team: 'search', key: 'key-1' }, 'good'],
  [{ model: 'other' }, 'not-counted'],
  [{ team: 'other' }, 'not-counted'],
  [{ user: 'ada' }, 'not-counted'],
  [{ app: 'bot' }, 'not-counted'],
  [{ key: 'key-2' }, 'not-counted'],
])('a match of %j counts what has all of it', (match, verdict) => {
  expect(ofRequest({ objective: 'availability', match }, {})).toBe(verdict)
  expect(ofAttempt({ objective: 'availability', match: { ...match, provider: 'openai' } }, {})).toBe(verdict)
})

test('counts outlive another target and window, and begin anew with another question', () => {
  const spec: SloSpec = { objective: 'ttft', threshold: '1s', match: { model: 'fast', team: 'a' } }
  const { series } = compileObjective('x', spec)
  expect(compileObjective('y', { ...spec, threshold: '1000ms', target: 0.9, window: '7d' }).series).toBe(series)
  for (const other of [{ threshold: '2s' }, { objective: 'total' as const }, { match: { model: 'fast' } }]) {
    expect(compileObjective('x', { ...spec, ...other }).series).not.toBe(series)
  }
})
