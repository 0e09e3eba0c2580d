import { expect, test } from 'vitest'
import { Intent } from '../accounting/intents/intent.ts'
import type { Intents } from '../accounting/intents/intents.ts'
import type { Credential } from '../providers/credential.ts'
import { testTarget } from '../providers/test-connect.ts'
import { testRequest } from '../request/test-request.ts'
import { AttemptLog } from './attempt-log.ts'
import type { RunningAttempt } from './running-attempt.ts'
import { plannedAt } from './test-attempt.ts'

const { request } = testRequest()

function logged() {
  const updated: Intent[] = []
  const journal: Intents = {
    isStrict: false,
    open() {},
    whenSynced() {},
    update: (intent) => void updated.push(intent),
    close() {},
  }
  return { updated, log: new AttemptLog(request, false, journal) }
}

function attempt(index: number, isCharged: boolean): RunningAttempt {
  const planned = plannedAt(testTarget())
  const intent = isCharged ? new Intent({ request, model: 'm', planned, index, stream: false, bound: 900 }) : undefined
  return {
    planned,
    credential: planned.target.credentials[0] as Credential,
    index,
    startedMs: 0,
    status: 0,
    firstByteMs: 0,
    timing: undefined,
    charge: { isSent: true, bound: () => 900, intent },
  }
}

const end = { used: undefined, nowMs: 5 }

test('a log without attempts has neither records nor intents', () => {
  const { log } = logged()
  expect([log.records, log.intents]).toEqual([[], undefined])
})

test('each attempt has a record with what it costs, and an intent where it is journaled', () => {
  const { log } = logged()
  log.add(attempt(0, true), 'reset', end)
  log.add(attempt(1, false), 'http-error', end)
  expect(log.records.map(({ index, costNanoUsd, settlement }) => [index, costNanoUsd, settlement])).toEqual([
    [0, 900, 'bound'],
    [1, 0, undefined],
  ])
  expect(log.intents?.map(({ facts }) => facts.index)).toEqual([0])
})

test('the end of an attempt is journaled, and only its own', () => {
  const { log, updated } = logged()
  log.add(attempt(0, true), 'http-error', end)
  log.noteEnd()
  expect(updated.map(({ ended }) => ended)).toEqual([log.records[0]])
  log.add(attempt(1, false), 'http-error', end)
  log.noteEnd()
  expect(updated).toHaveLength(1)
})

test('a retry that was withheld is noted at the attempt before it', () => {
  const { log } = logged()
  log.withholdRetry()
  log.add(attempt(0, false), 'http-error', end)
  log.withholdRetry()
  expect(log.records[0]?.retryWithheld).toBe(true)
})
