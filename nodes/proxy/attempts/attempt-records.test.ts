// What is kept of attempts at targets: records, what is in flight, and what was reserved.
import { expect, test } from 'vitest'
import { ManualClock } from '../../../shared/clock.ts'
import { noTokens } from '../accounting/attempt-cost.ts'
import { uncharged } from '../accounting/intents/attempt-charge.ts'
import { Intent } from '../accounting/intents/intent.ts'
import type { Intents } from '../accounting/intents/intents.ts'
import type { AttemptUse } from '../accounting/outcome.ts'
import type { Used } from '../accounting/usage-meter.ts'
import type { Credential } from '../providers/credential.ts'
import { testTarget } from '../providers/test-connect.ts'
import { testRequest } from '../request/test-request.ts'
import { TimerWheel } from '../routing/timer-wheel.ts'
import { AttemptRecords } from './attempt-records.ts'
import type { RunningAttempt } from './running-attempt.ts'
import { plannedAt } from './test-attempt.ts'

class PlayedRecords extends AttemptRecords {
  override occupy(...all: Parameters<AttemptRecords['occupy']>): void {
    super.occupy(...all)
  }
  override leave(...all: Parameters<AttemptRecords['leave']>): void {
    super.leave(...all)
  }
  override record(...all: Parameters<AttemptRecords['record']>): void {
    super.record(...all)
  }
  override noteEnd(): void {
    super.noteEnd()
  }
  passOver(): void {
    this.isPassedOver = true
  }
}

function played() {
  const clock = new ManualClock(0)
  const updated: Intent[] = []
  const intents: Intents = {
    isStrict: false,
    open() {},
    whenSynced() {},
    update: (one) => void updated.push(one),
    close() {},
  }
  const tools = { clock, chance: () => 0, notify: () => {}, timers: new TimerWheel(clock), intents }
  const planned = plannedAt(testTarget())
  const credential = planned.target.credentials[0] as Credential
  const { request } = testRequest()
  const intent = new Intent({ request, model: 'm', planned, index: 0, stream: false, bound: 900 })
  const charge = { isSent: true, isCharged: true, reservedNanoUsd: undefined, bound: () => 900, intent }
  const facts = { planned, credential, index: 0, startedMs: 0, status: 200, firstByteMs: 0, timing: undefined, charge }
  const attempt: RunningAttempt = facts
  const settled: AttemptUse[] = []
  const hold = { settle: (use: AttemptUse) => void settled.push(use) }
  return { records: new PlayedRecords(tools, request, false), planned, attempt, hold, settled, intent, updated }
}

const tokens = { input: 7, output: 3, cached: 0 }
const used: Used = { tokens, costNanoUsd: 5, estimated: false, units: undefined }

test('a target is in use from the beginning of its attempt to the end of it', () => {
  const { records, planned, attempt } = played()
  const { health } = planned.target
  records.occupy(planned, undefined)
  expect(health.inFlight).toBe(1)
  records.leave(attempt, true)
  records.leave(attempt, true)
  expect(health.inFlight).toBe(0)
})

test('what an attempt has reserved is settled once, on its own record', () => {
  const { records, planned, attempt, hold, settled } = played()
  records.occupy(planned, hold)
  records.record(attempt, 'ok', { used, nowMs: 1 })
  records.record(attempt, 'ok', { used, nowMs: 2 })
  expect(settled).toEqual([{ tokens, costNanoUsd: 5 }])
  records.occupy(planned, hold)
  records.record(attempt, 'connect', { used: undefined, nowMs: 3 })
  expect(settled[1]).toEqual({ tokens: noTokens, costNanoUsd: 0 })
})

test('an attempt that goes on keeps what it has reserved', () => {
  const { records, planned, attempt, hold, settled } = played()
  records.occupy(planned, hold)
  records.record(attempt, 'ok', { used: undefined, nowMs: 1, goesOn: true })
  expect([records.attempts.length, settled]).toEqual([1, []])
})

test('a record says whether targets were passed over before its attempt', () => {
  const { records, planned, attempt } = played()
  records.passOver()
  for (const outcome of ['connect', 'ok'] as const) {
    records.occupy(planned, undefined)
    records.record(attempt, outcome, { used, nowMs: 1 })
  }
  expect(records.attempts.map(({ passedOver }) => passedOver)).toEqual([true, undefined])
})

test('each attempt has a record with what it costs, and an intent where it is journaled', () => {
  const { records, attempt, intent } = played()
  expect([records.attempts, records.intents]).toEqual([[], undefined])
  records.record(attempt, 'reset', { used: undefined, nowMs: 5 })
  records.record({ ...attempt, index: 1, charge: uncharged }, 'http-error', { used: undefined, nowMs: 6 })
  expect(records.attempts.map(({ costNanoUsd, settlement }) => [costNanoUsd, settlement])).toEqual([
    [900, 'bound'],
    [0, undefined],
  ])
  expect(records.intents).toEqual([intent])
})

test('what an attempt has reserved is settled on its bound where nobody knows what it used', () => {
  const { records, planned, attempt, hold, settled } = played()
  records.occupy(planned, hold)
  records.record(attempt, 'timeout', { used: undefined, nowMs: 5 })
  expect(settled).toEqual([{ tokens: noTokens, costNanoUsd: 900 }])
})

test('the end of an attempt is journaled, and only its own', () => {
  const { records, attempt, intent, updated } = played()
  records.record(attempt, 'http-error', { used: undefined, nowMs: 5 })
  records.noteEnd()
  expect([updated, intent.ended]).toEqual([[intent], records.attempts[0]])
  records.record({ ...attempt, index: 1, charge: uncharged }, 'http-error', { used: undefined, nowMs: 6 })
  records.noteEnd()
  expect(updated).toHaveLength(1)
})
