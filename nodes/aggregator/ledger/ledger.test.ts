import { afterEach, beforeEach, expect, test } from 'vitest'
import { sampleAttempt, sampleRequest } from '../../../shared/telemetry/arbitrary-records.ts'
import type { AttemptRecord, RequestRecord } from '../../../shared/telemetry/records.ts'
import { settledBatchRoute } from '../../../shared/telemetry/settled-batch.ts'
import { type Sent, startMs, TestLedger } from './test-ledger.ts'

let books: TestLedger

beforeEach(() => {
  books = new TestLedger()
})

afterEach(() => books.close())

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
  books.send('b1', paid('r1', [0, 1_500]), paid('r2', [7], { settlement: 'estimated' }))
  expect(
    books.items().map(({ id, outcome, settlement, costNanoUsd, costCenter, costUsd }) => ({
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
  expect(books.sums()).toEqual({ ledger: 1_507n, usage: 1_507n, requests: 2 })
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
  books.send('b1', [request, []])
  expect(books.items()).toMatchObject([
    { id: 'r/-', attempt: null, costNanoUsd: '0', savedNanoUsd: '900', savedUsd: 9e-7 },
  ])
})

test('a rejected request is no event', () => {
  books.send('b1', [sampleRequest({ requestId: 'r', status: 'refused', attempts: 0, costNanoUsd: 0 }), []])
  expect(books.items()).toEqual([])
})

test('a crashed request counts with its bound, and once', () => {
  books.send('b1', crashed('r', [5_000]))
  books.send('b2', crashed('r', [5_000]))
  expect(books.items()).toMatchObject([{ id: 'r/0', settlement: 'interrupted', costNanoUsd: '5000' }])
  expect(books.sums()).toEqual({ ledger: 5_000n, usage: 5_000n, requests: 1 })
  expect(books.ledger.repeated).toBe(1)
})

test('a crashed request whose record is here adds nothing, after a restart as well', () => {
  books.send('b1', paid('r', [10, 1_500]))
  books.committer.commit()
  books.kill()
  books.send('b2', crashed('r', [10, 9_000]))
  expect(books.sums()).toEqual({ ledger: 1_510n, usage: 1_510n, requests: 1 })
  expect(books.verify().faults).toEqual([])
})

test('the record of a request that comes after its settlement by the bound is a correction by the difference', () => {
  books.send('b1', crashed('r', [5_000]))
  books.committer.commit()
  books.kill()
  books.send('b1-late', paid('r', [200, 1_500]))
  expect(books.items().map(({ id, kind, costNanoUsd, settlement }) => [id, kind, costNanoUsd, settlement])).toEqual([
    ['r/1', 'charge', '1500', 'reported'],
    ['r/0', 'correction', '-4800', 'reported'],
    ['r/0', 'charge', '5000', 'interrupted'],
  ])
  expect(books.sums()).toEqual({ ledger: 1_700n, usage: 1_700n, requests: 1 })
  // It is resolved: the same words about the crash again change nothing.
  books.send('b3', crashed('r', [5_000]))
  expect(books.sums()).toEqual({ ledger: 1_700n, usage: 1_700n, requests: 1 })
  expect(books.verify().faults).toEqual([])
})

test('a correction can be of nothing, and takes back attempts that were none', () => {
  books.send('b1', crashed('r', [5_000, 70]))
  books.send('b2', paid('r', [5_000]))
  expect(books.items({ kind: 'correction' }).map(({ id, costNanoUsd }) => [id, costNanoUsd])).toEqual([
    ['r/1', '-70'],
    ['r/0', '0'],
  ])
  expect(books.sums()).toEqual({ ledger: 5_000n, usage: 5_000n, requests: 1 })
})

test('a batch that is settled is booked once, though its record comes again', () => {
  const [batch, attempts] = paid('batch_x', [700], {}, { route: settledBatchRoute })
  books.send('b1', [batch, attempts])
  books.committer.commit()
  books.kill()
  // The proxy was killed before it knew that the record was safe.
  books.send('b2', [batch, attempts])
  books.send('b2', paid('batch_y', [50], {}, { route: settledBatchRoute }))
  expect(books.sums()).toEqual({ ledger: 750n, usage: 750n, requests: 2 })
  expect(books.verify().faults).toEqual([])
})

test('callers may use an id again: each request is charged', () => {
  books.send('b1', paid('same', [100]), paid('same', [100]))
  books.clock.advance(5)
  books.send('b1', paid('same', [100], { atMs: startMs + 5 }, { atMs: startMs + 5 }))
  books.send('b2', crashed('other', [1]))
  expect(books.sums()).toEqual({ ledger: 301n, usage: 301n, requests: 4 })
})

test('attempts whose request comes in a later batch wait for it, over a commit and a kill', () => {
  const [request, attempts] = paid('r', [10, 20])
  books.take(
    books.batchOf(
      'b1',
      attempts.map((attempt) => ({ attempt })),
    ),
  )
  books.committer.commit()
  expect(books.sums()).toEqual({ ledger: 0n, usage: 0n, requests: 0 })
  books.kill()
  const rest = books.batch('b1', [[request, []]])
  books.take(rest)
  expect(books.items().map(({ id, costCenter }) => [id, costCenter])).toEqual([
    ['r/1', '4711'],
    ['r/0', '4711'],
  ])
  expect(books.sums()).toEqual({ ledger: 30n, usage: 30n, requests: 1 })
  books.committer.commit()
  books.kill()
  expect(books.sums()).toEqual({ ledger: 30n, usage: 30n, requests: 1 })
})

test('attempts that come after their request take their cost out of what it had unexplained', () => {
  const [request, attempts] = paid('r', [10, 20])
  const early = books.batchOf(
    'b1',
    attempts.map((attempt) => ({ attempt })),
  )
  books.send('b1', [request, []])
  expect(books.items()).toMatchObject([{ id: 'r/-', costNanoUsd: '30' }])
  books.take(early)
  const amounts = books.items().map(({ id, kind, costNanoUsd }) => `${id} ${kind} ${costNanoUsd}`)
  expect(amounts.sort()).toEqual([
    'r/- charge 30',
    'r/- correction -10',
    'r/- correction -20',
    'r/0 charge 10',
    'r/1 charge 20',
  ])
  expect(books.sums()).toEqual({ ledger: 30n, usage: 30n, requests: 1 })
})

test('attempts whose request never comes count after an hour, and its record puts it right should it come after all', () => {
  const [request, attempts] = paid('r', [10, 20])
  books.take(
    books.batchOf(
      'b1',
      attempts.map((attempt) => ({ attempt })),
    ),
  )
  books.committer.commit()
  books.clock.advance(3_600_001)
  books.folds.addOrphans()
  expect(books.sums()).toEqual({ ledger: 30n, usage: 30n, requests: 1 })
  books.send('b1', [request, []])
  expect(books.sums()).toEqual({ ledger: 30n, usage: 30n, requests: 1 })
  expect(books.items({ costCenter: '4711' }).map(({ kind }) => kind)).toContain('charge')
  expect(books.verify().faults).toEqual([])
})

test('a commit that fails is written again, once', () => {
  books.send('b1', paid('r', [10]))
  const database = books.committer.store!.database
  database.exec("CREATE TEMP TRIGGER full BEFORE INSERT ON ledgerHead BEGIN SELECT RAISE(ABORT, 'full'); END")
  books.committer.commit()
  expect(books.committer.isFailing).toBe(true)
  books.send('b1', paid('r2', [20]))
  books.committer.commit()
  expect(books.committer.isFailing).toBe(false)
  expect(books.sums()).toEqual({ ledger: 30n, usage: 30n, requests: 2 })
  expect(books.verify()).toMatchObject({ faults: [], events: 2 })
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
