import { describe, expect, test } from 'vitest'
import { outcomes } from '../../../shared/telemetry/record-words.ts'
import type { AttemptOutcome } from '../../../shared/telemetry/records.ts'
import { isOpenEnd, settledAttempt, settledOnBound } from './attempt-end.ts'
import type { Used } from './usage-meter.ts'

const tokens = { input: 7, output: 3, cached: 0 }
const used = (more: Partial<Used> = {}): Used => ({
  tokens,
  estimated: false,
  costNanoUsd: 100,
  units: undefined,
  ...more,
})
const end = (outcome: AttemptOutcome, more: { used?: Used; isSent?: boolean; bound?: number } = {}) =>
  settledAttempt({
    outcome,
    used: more.used,
    isSent: more.isSent ?? true,
    costBound: () => ('bound' in more ? more.bound : 900),
  })

describe('an answer', () => {
  test.each([
    ['with its usage', used(), 100, undefined],
    ['without usage', used({ estimated: true }), 100, 'estimated'],
    ['without a price', used({ costNanoUsd: undefined }), 0, 'unpriced'],
  ])('%s', (_, what, costNanoUsd, settlement) => {
    expect(end('ok', { used: what })).toEqual({ tokens, costNanoUsd, settlement })
  })
})

test.each(['timeout', 'reset', 'protocol'] as const)('%s leaves open what is charged', (outcome) => {
  expect(isOpenEnd(outcome)).toBe(true)
  expect(end(outcome)).toMatchObject({ costNanoUsd: 900, settlement: 'bound' })
  expect(end(outcome, { used: used({ estimated: true }) })).toEqual({ tokens, costNanoUsd: 900, settlement: 'bound' })
  expect(end(outcome, { used: used() })).toEqual({ tokens, costNanoUsd: 100, settlement: undefined })
  expect(end(outcome, { bound: undefined as never })).toMatchObject({ costNanoUsd: 0, settlement: 'unpriced' })
  expect(end(outcome, { bound: 0 })).toMatchObject({ costNanoUsd: 0, settlement: undefined })
})

test.each(outcomes.filter((outcome) => outcome !== 'ok'))('%s before anything was sent costs nothing', (outcome) => {
  expect(end(outcome, { used: used(), isSent: false })).toMatchObject({ costNanoUsd: 0, settlement: undefined })
})

test.each(['http-error', 'connect', 'tls', 'auth'] as const)('%s costs nothing', (outcome) => {
  expect(end(outcome)).toMatchObject({ costNanoUsd: 0, settlement: undefined })
})

test('what a caller left costs what had come of it', () => {
  expect(end('aborted', { used: used({ estimated: true }) })).toMatchObject({
    costNanoUsd: 100,
    settlement: 'estimated',
  })
})

test('the bound is asked for where it is needed alone', () => {
  const costBound = () => {
    throw new Error('it was asked for')
  }
  for (const outcome of ['ok', 'http-error', 'aborted'] as const)
    expect(settledAttempt({ outcome, used: used(), isSent: true, costBound }).costNanoUsd).toBe(100)
})

test('what was delivered counts where the bound is lower, or is not known', () => {
  const seen = used({ estimated: true, costNanoUsd: 1_000 })
  expect(end('reset', { used: seen })).toEqual({ tokens, costNanoUsd: 1_000, settlement: 'bound' })
  expect(end('reset', { used: seen, bound: undefined as never })).toEqual({
    tokens,
    costNanoUsd: 1_000,
    settlement: 'estimated',
  })
})

test('what nobody can count costs its bound, and is flagged where there is none', () => {
  const nothing = { tokens, costNanoUsd: undefined }
  expect(settledOnBound(nothing, 5)).toEqual({ tokens, costNanoUsd: 5, settlement: 'bound' })
  expect(settledOnBound(nothing, undefined)).toEqual({ tokens, costNanoUsd: 0, settlement: 'unpriced' })
})
