import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sampleAttempt, sampleRequest } from '../../../shared/telemetry/arbitrary-records.ts'
import { startMs, TestLedger } from './test-ledger.ts'

let books: TestLedger

beforeEach(() => {
  books = new TestLedger()
  for (let n = 1; n <= 9; n++) {
    const common = { requestId: `r${n}`, atMs: startMs - n * 3_600_000, costNanoUsd: 100 * n }
    books.send('b', [
      sampleRequest({ ...common, user: `u${n % 2}` }),
      [sampleAttempt({ ...common, user: `u${n % 2}` })],
    ])
    if (n % 3 === 0) books.committer.commit()
  }
})

afterEach(() => books.close())

const change = (sql: string) => books.committer.store!.database.exec(sql)
const faults = () => books.verify().faults.map(({ type, message }) => `${type}: ${message}`)

test('an honest ledger has no faults', () => {
  expect(books.verify()).toMatchObject({ faults: [], events: 9, compared: 9, hours: 9 })
})

describe('what somebody changed in the database is found', () => {
  const cases = [
    [
      'an amount',
      'UPDATE ledger SET costNanoUsd = 1 WHERE sequence = 5',
      'chain: an event up to sequence 6 was changed',
    ],
    ['an owner', "UPDATE ledgerOwner SET team = 'other'", 'chain: an event up to sequence 3 was changed'],
    [
      'a request id',
      "UPDATE ledger SET requestId = 'x' WHERE sequence = 2",
      'chain: an event up to sequence 3 was changed',
    ],
    ['a name of a target', "UPDATE ledgerTarget SET target = 'other'", 'chain: an event up to sequence 3 was changed'],
    ['an event that is gone', 'DELETE FROM ledger WHERE sequence = 4', 'chain: the event of sequence 4 is missing'],
    ['the first event', 'DELETE FROM ledger WHERE sequence = 1', 'chain: the event of sequence 1 is missing'],
    ['the last event', 'DELETE FROM ledger WHERE sequence = 9', 'chain: the event of sequence 9 is missing'],
    ['the owners', 'DELETE FROM ledgerOwner', 'chain: the event of sequence 1 is missing'],
    [
      'two events that changed places',
      `UPDATE ledger SET sequence = 99 WHERE sequence = 5; UPDATE ledger SET sequence = 5 WHERE sequence = 6;
       UPDATE ledger SET sequence = 6 WHERE sequence = 99`,
      'chain: an event up to sequence 6 was changed',
    ],
    [
      'the last events, with their block',
      'DELETE FROM ledger WHERE sequence > 6; DELETE FROM ledgerBlock WHERE last > 6',
      'chain: it ends at sequence 6, and its head is at 9',
    ],
    [
      'an event that was added',
      'INSERT INTO ledger SELECT partition, 10, bookedMs, atMs, requestId, attempt, kind, mark, settlement, outcome, owner, target, inputTokens, outputTokens, cachedTokens, 0, 0, "user", note FROM ledger WHERE sequence = 9',
      'chain: the event of sequence 10 belongs to no block',
    ],
    ['a head that is gone', 'DELETE FROM ledgerHead', 'head: there are events, and nothing says where they end'],
    ['the head', 'UPDATE ledgerHead SET last = 6', 'head: the end of the chain is proven by no key that is configured'],
  ] as const
  test.each(cases)('%s', (_, sql, told) => {
    change(sql)
    expect(faults()).toContain(told)
  })

  test('usage', () => {
    change('UPDATE usage SET costNanoUsd = costNanoUsd + 1')
    expect(faults()).toHaveLength(9)
    expect(faults()[0]).toMatch(
      /^usage: 2026-10-29T22:00:00.000Z key key-1, team search, user u1: usage 901, ledger 900 nano-USD$/,
    )
  })

  test('sums: those of the events differ from those that are kept, hour by hour', () => {
    change('UPDATE ledgerSum SET costNanoUsd = costNanoUsd + 1')
    const { slices } = books.verify()
    const [first] = slices
    expect(first?.sums).toHaveLength(9)
    expect(first?.hours?.map(([hour, , cost]) => [hour, cost]).sort()).not.toEqual(
      first?.sums?.map(([hour, , cost]) => [hour, cost]).sort(),
    )
  })
})

test('what was changed while the process was away is told at the start, and for as long as it is kept', () => {
  change('UPDATE ledgerHead SET bookedMs = bookedMs + 1')
  books.kill()
  expect(books.warnings).toEqual([expect.stringMatching(/the ledger of partition 3 does not end as/)])
  expect(books.ledger.troubles()).toEqual([{ level: 'degraded', reason: expect.stringMatching(/partition 3/) }])
  books.committer.commit()
  books.kill()
  expect(faults()).toEqual(['head: before sequence 10 the chain did not end as its aggregator had left it'])
})

test('a head that is gone is told at the start, and what comes is appended', () => {
  change('DELETE FROM ledgerHead')
  books.kill()
  expect(books.warnings).toEqual([expect.stringMatching(/the ledger of partition 3 does not end as/)])
  const common = { requestId: 'next', atMs: startMs, costNanoUsd: 7 }
  books.send('b', [sampleRequest(common), [sampleAttempt(common)]])
  books.committer.commit()
  expect(books.committer.isFailing).toBe(false)
  books.kill()
  expect(books.sums()).toMatchObject({ ledger: 4_507n, usage: 4_507n })
  expect(faults()).toEqual(['head: before sequence 10 the chain did not end as its aggregator had left it'])
})

test('what was changed is told no more once it is not kept', () => {
  const short = new TestLedger(40)
  const sent = (requestId: string) => {
    const common = { requestId, atMs: short.clock.wallMs(), costNanoUsd: 7 }
    short.send('b', [sampleRequest(common), [sampleAttempt(common)]])
    short.committer.commit()
  }
  sent('old')
  short.committer.store?.database.exec('UPDATE ledgerHead SET bookedMs = bookedMs + 1')
  short.kill()
  sent('next')
  expect(short.verify().faults).toHaveLength(1)
  short.clock.advance(41 * 86_400_000)
  sent('new')
  expect(short.verify().faults).toEqual([])
  expect(short.ledger.troubles()).toEqual([])
  short.close()
})

test('a head under a key that is being replaced is proven, and written anew under the new one', () => {
  const [old] = books.keys
  const next = new Uint8Array(32).fill(7)
  books.keys = [next, old]
  books.kill()
  books.committer.commit()
  books.keys = [next]
  books.kill()
  expect(books.verify().faults).toEqual([])
  expect(books.warnings).toEqual([])
})
