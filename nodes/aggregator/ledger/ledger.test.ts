import { afterEach, beforeEach, expect, test } from 'vitest'
import { sampleAttempt, sampleRequest } from '../../../shared/telemetry/arbitrary-records.ts'
import type { AttemptRecord, RequestRecord } from '../../../shared/telemetry/records.ts'
import { type Sent, startMs, TestLedger } from './test-ledger.ts'

let test3: TestLedger

beforeEach(() => {
  test3 = new TestLedger()
})

afterEach(() => test3.close())

/** A request with attempts of these costs. */
function paid(
  requestId: string,
  costs: readonly number[],
  over: Partial<AttemptRecord> = {},
  request: Partial<RequestRecord> = {},
): Sent {
  const atMs = startMs
  const attempts = costs.map((costNanoUsd, index) =>
    sampleAttempt({
      requestId,
      atMs,
      index,
      costNanoUsd,
      outcome: index + 1 < costs.length ? 'http-error' : 'ok',
      ...over,
    }),
  )
  const costNanoUsd = costs.reduce((sum, cost) => sum + cost, 0)
  return [
    sampleRequest({ requestId, atMs, attempts: costs.length, costNanoUsd, costCenter: '4711', ...request }),
    attempts,
  ]
}

const crashed = (requestId: string, costs: readonly number[]): Sent =>
  paid(
    requestId,
    costs,
    { settlement: 'interrupted', outcome: 'aborted' },
    { status: 'failed', errorCode: 'interrupted' },
  )

test('each attempt is an event, with its owner, its outcome and what its cost rests on', () => {
  test3.send('b1', paid('r1', [0, 1_500]), paid('r2', [7], { settlement: 'estimated' }))
  expect(
    test3.items().map(({ id, outcome, settlement, costNanoUsd, costCenter, costUsd }) => ({
      id,
      outcome,
      settlement,
      costNanoUsd,
      costCenter,
      costUsd,
    })),
  ).toEqual([
    { id: 'r2/0', outcome: 'ok', settlement: 'estimated', costNanoUsd: '7', costCenter: '4711', costUsd: 7e-9 },
    { id: 'r1/1', outcome: 'ok', settlement: 'reported', costNanoUsd: '1500', costCenter: '4711', costUsd: 0.0000015 },
    { id: 'r1/0', outcome: 'http-error', settlement: 'reported', costNanoUsd: '0', costCenter: '4711', costUsd: 0 },
  ])
  expect(test3.sums()).toEqual({ ledger: 1_507n, usage: 1_507n, requests: 2 })
})

test('an answer out of the cache is an event that costs nothing and says what it saved', () => {
  const request = sampleRequest({
    requestId: 'r',
    atMs: startMs,
    attempts: 0,
    costNanoUsd: 0,
    savedNanoUsd: 900,
    cacheStatus: 'HIT',
  })
  test3.send('b1', [request, []])
  expect(test3.items()).toMatchObject([
    { id: 'r/-', attempt: null, costNanoUsd: '0', savedNanoUsd: '900', savedUsd: 9e-7 },
  ])
})

test('a rejected request is no event', () => {
  test3.send('b1', [sampleRequest({ requestId: 'r', status: 'refused', attempts: 0, costNanoUsd: 0 }), []])
  expect(test3.items()).toEqual([])
})

test('a crashed request counts with its bound, and once', () => {
  test3.send('b1', crashed('r', [5_000]))
  test3.send('b2', crashed('r', [5_000]))
  expect(test3.items()).toMatchObject([{ id: 'r/0', settlement: 'interrupted', costNanoUsd: '5000' }])
  expect(test3.sums()).toEqual({ ledger: 5_000n, usage: 5_000n, requests: 1 })
  expect(test3.ledger.repeated).toBe(1)
})

test('a crashed request whose record is here adds nothing, after a restart as well', () => {
  test3.send('b1', paid('r', [10, 1_500]))
  test3.committer.commit()
  test3.kill()
  test3.send('b2', crashed('r', [10, 9_000]))
  expect(test3.sums()).toEqual({ ledger: 1_510n, usage: 1_510n, requests: 1 })
  expect(test3.verify().faults).toEqual([])
})

test('the record of a request that comes after its settlement by the bound is a correction by the difference', () => {
  test3.send('b1', crashed('r', [5_000]))
  test3.committer.commit()
  test3.kill()
  test3.send('b1-late', paid('r', [200, 1_500]))
  expect(test3.items().map(({ id, kind, costNanoUsd, settlement }) => [id, kind, costNanoUsd, settlement])).toEqual([
    ['r/1', 'charge', '1500', 'reported'],
    ['r/0', 'correction', '-4800', 'reported'],
    ['r/0', 'charge', '5000', 'interrupted'],
  ])
  expect(test3.sums()).toEqual({ ledger: 1_700n, usage: 1_700n, requests: 1 })
  // It is resolved: the same words about the crash again change nothing.
  test3.send('b3', crashed('r', [5_000]))
  expect(test3.sums()).toEqual({ ledger: 1_700n, usage: 1_700n, requests: 1 })
  expect(test3.verify().faults).toEqual([])
})

test('a correction can be of nothing, and takes back attempts that were none', () => {
  test3.send('b1', crashed('r', [5_000, 70]))
  test3.send('b2', paid('r', [5_000]))
  expect(test3.items({ kind: 'correction' }).map(({ id, costNanoUsd }) => [id, costNanoUsd])).toEqual([
    ['r/1', '-70'],
    ['r/0', '0'],
  ])
  expect(test3.sums()).toEqual({ ledger: 5_000n, usage: 5_000n, requests: 1 })
})

test('callers may use an id again: each request is charged', () => {
  test3.send('b1', paid('same', [100]), paid('same', [100]))
  test3.clock.advance(5)
  test3.send('b1', paid('same', [100], { atMs: startMs + 5 }, { atMs: startMs + 5 }))
  test3.send('b2', crashed('other', [1]))
  expect(test3.sums()).toEqual({ ledger: 301n, usage: 301n, requests: 4 })
})

test('attempts whose request comes in a later batch wait for it, over a commit and a kill', () => {
  const [request, attempts] = paid('r', [10, 20])
  test3.take(test3.batch('b1', [[request, attempts]], { without: ['r'] }))
  test3.committer.commit()
  expect(test3.sums()).toEqual({ ledger: 0n, usage: 0n, requests: 0 })
  test3.kill()
  const rest = test3.batch('b1', [[request, []]])
  test3.take(rest)
  expect(test3.items().map(({ id, costCenter }) => [id, costCenter])).toEqual([
    ['r/1', '4711'],
    ['r/0', '4711'],
  ])
  expect(test3.sums()).toEqual({ ledger: 30n, usage: 30n, requests: 1 })
  test3.committer.commit()
  test3.kill()
  expect(test3.sums()).toEqual({ ledger: 30n, usage: 30n, requests: 1 })
})

test('attempts that come after their request take their cost out of what it had unexplained', () => {
  const [request, attempts] = paid('r', [10, 20])
  const early = test3.batch('b1', [[request, attempts]], { without: ['r'] })
  test3.send('b1', [request, []])
  expect(test3.items()).toMatchObject([{ id: 'r/-', costNanoUsd: '30' }])
  test3.take(early)
  const amounts = test3.items().map(({ id, kind, costNanoUsd }) => `${id} ${kind} ${costNanoUsd}`)
  expect(amounts.sort()).toEqual([
    'r/- charge 30',
    'r/- correction -10',
    'r/- correction -20',
    'r/0 charge 10',
    'r/1 charge 20',
  ])
  expect(test3.sums()).toEqual({ ledger: 30n, usage: 30n, requests: 1 })
})

test('attempts whose request never comes count after an hour, and its record puts it right should it come after all', () => {
  const [request, attempts] = paid('r', [10, 20])
  test3.take(test3.batch('b1', [[request, attempts]], { without: ['r'] }))
  test3.committer.commit()
  test3.clock.advance(3_600_001)
  test3.folds.addOrphans()
  expect(test3.sums()).toEqual({ ledger: 30n, usage: 30n, requests: 1 })
  test3.send('b1', [request, []])
  expect(test3.sums()).toEqual({ ledger: 30n, usage: 30n, requests: 1 })
  expect(test3.items({ costCenter: '4711' }).map(({ kind }) => kind)).toContain('charge')
  expect(test3.verify().faults).toEqual([])
})

test('a commit that fails is written again, once', () => {
  test3.send('b1', paid('r', [10]))
  const database = test3.committer.store!.database
  database.exec("CREATE TEMP TRIGGER full BEFORE INSERT ON ledgerHead BEGIN SELECT RAISE(ABORT, 'full'); END")
  test3.committer.commit()
  expect(test3.committer.isFailing).toBe(true)
  test3.send('b1', paid('r2', [20]))
  test3.committer.commit()
  expect(test3.committer.isFailing).toBe(false)
  expect(test3.sums()).toEqual({ ledger: 30n, usage: 30n, requests: 2 })
  expect(test3.verify()).toMatchObject({ faults: [], events: 2 })
})

test('what is older than the retention goes in whole blocks, and the chain begins after it', () => {
  const short = new TestLedger(40)
  short.send('b1', paid('old', [10]))
  short.committer.commit()
  short.clock.advance(41 * 86_400_000)
  short.send('b1', paid('new', [20], { atMs: short.clock.wallMs() }, { atMs: short.clock.wallMs() }))
  short.committer.commit()
  expect(short.items().map(({ id }) => id)).toEqual(['new/0'])
  expect(short.verify()).toMatchObject({ faults: [], events: 1, compared: 1 })
  short.close()
})
