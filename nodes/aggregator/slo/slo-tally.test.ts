import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { ManualClock } from '../../../shared/clock.ts'
import { sampleAttempt, sampleRequest } from '../../../shared/telemetry/arbitrary-records.ts'
import type { DecodedRecord } from '../../../shared/telemetry/decode.ts'
import { compileObjective } from './objective.ts'
import { SloTally } from './slo-tally.ts'

const available = compileObjective('all', { objective: 'availability' })
const minuteMs = 60_000

function request(atMs: number, status: 'ok' | 'failed' = 'ok'): DecodedRecord {
  const record = sampleRequest({ atMs, status, httpStatus: status === 'ok' ? 200 : 502, totalUs: 1_000 })
  return { type: 'request', record, provider: '', target: '', attempt: undefined }
}

function rig() {
  const clock = new ManualClock()
  const database = new DatabaseSync(':memory:')
  const open = () => {
    const tally = new SloTally(clock)
    tally.open(database)
    tally.setObjectives([available])
    return tally
  }
  const commit = (tally: SloTally, outcome: 'COMMIT' | 'ROLLBACK' = 'COMMIT') => {
    database.exec('BEGIN')
    tally.write(clock.wallMs())
    database.exec(outcome)
    if (outcome === 'COMMIT') tally.committed()
  }
  const sum = (tally: SloTally, windowMs: number, partition = 0) =>
    tally.sum(partition, available.series, clock.wallMs(), windowMs)
  return { clock, database, open, commit, sum }
}

test('what was committed is there after a restart, and what was not is gone with its records', () => {
  const { clock, open, commit, sum } = rig()
  const before = open()
  before.add(0, request(clock.wallMs()))
  before.add(3, request(clock.wallMs(), 'failed'))
  commit(before)
  before.add(0, request(clock.wallMs()))
  expect(sum(before, minuteMs)).toEqual({ good: 2, total: 2 })
  const after = open()
  expect(after.partitions()).toEqual([0, 3])
  expect([sum(after, minuteMs), sum(after, minuteMs, 3)]).toEqual([
    { good: 1, total: 1 },
    { good: 0, total: 1 },
  ])
})

test('a commit that failed is made up for by the next one, once', () => {
  const { clock, open, commit, sum } = rig()
  const tally = open()
  tally.add(0, request(clock.wallMs()))
  commit(tally, 'ROLLBACK')
  tally.add(0, request(clock.wallMs()))
  commit(tally)
  commit(tally)
  expect(sum(open(), minuteMs).total).toBe(2)
})

test('a request counts when it ended, and no later than now', () => {
  const { clock, open, sum } = rig()
  const tally = open()
  const slow = sampleRequest({ atMs: clock.wallMs() - 10 * minuteMs, totalUs: 10 * minuteMs * 1_000 })
  const ahead = sampleRequest({ atMs: clock.wallMs() + minuteMs })
  for (const record of [slow, ahead]) {
    tally.add(0, { type: 'request', record, provider: '', target: '', attempt: undefined })
  }
  expect(sum(tally, minuteMs).total).toBe(2)
})

test('what is stored grows coarser with age and loses nothing that a window can see', () => {
  const { clock, database, open, commit, sum } = rig()
  let tally = open()
  const rows = () =>
    database.prepare('SELECT widthMs, sum(total) AS n FROM slo GROUP BY widthMs ORDER BY 1').all() as {
      widthMs: number
      n: number
    }[]
  for (let minute = 0; minute < 8 * 60; minute++) {
    tally.add(0, request(clock.wallMs()))
    clock.advance(minuteMs)
    commit(tally)
    if (minute % 100 === 0) tally = open()
  }
  expect(rows().map(({ widthMs }) => widthMs)).toEqual([10_000, minuteMs, 3_600_000])
  expect(rows().reduce((sum, { n }) => sum + n, 0)).toBe(480)
  tally = open()
  expect(sum(tally, 30 * 86_400_000).total).toBe(480)
  expect(sum(tally, 6 * 60 * minuteMs).total).toBeGreaterThanOrEqual(359)
  clock.advance(91 * 86_400_000)
  commit(tally)
  commit(tally)
  expect(rows()).toEqual([])
})

test('a question that is asked again finds what was counted before', () => {
  const { clock, open, commit, sum } = rig()
  const tally = open()
  tally.add(0, request(clock.wallMs()))
  commit(tally)
  tally.add(0, request(clock.wallMs()))
  tally.setObjectives([])
  expect(sum(tally, minuteMs).total).toBe(0)
  tally.setObjectives([available])
  expect(sum(tally, minuteMs).total).toBe(2)
})

test('an attempt that travelled with its request counts for its target', () => {
  const { clock, open } = rig()
  const tally = open()
  const ofProvider = compileObjective('p', { objective: 'availability', match: { provider: 'openai' } })
  tally.setObjectives([ofProvider])
  const atMs = clock.wallMs()
  const attempt = sampleAttempt({ atMs })
  tally.add(0, { type: 'request', record: sampleRequest({ atMs }), provider: 'openai', target: 'x', attempt })
  tally.add(0, { type: 'attempt', record: sampleAttempt({ atMs, outcome: 'connect' }) })
  expect(tally.sum(0, ofProvider.series, clock.wallMs(), minuteMs)).toEqual({ good: 1, total: 2 })
})
