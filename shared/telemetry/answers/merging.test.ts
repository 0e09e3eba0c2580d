// However partitions are divided among aggregators, the merged answer equals that of one aggregator that keeps them
// all.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareKeys, type HistoryKey, readKey, showKey } from '../history-key.ts'
import { type HistoryPage, mergedHistory } from './history-pages.ts'
import { UsageSums } from './usage-sums.ts'

const range = { fromHour: 1, toHour: 2 }

describe('usage', () => {
  const addition = fc.record({
    team: fc.constantFrom('a', 'b', 'c', 'd'),
    nanos: fc.bigInt({ min: 0n, max: 2n ** 60n }),
    keeper: fc.nat(3),
  })

  test('sums of several add up to the sums of all, in any order, far beyond what a double holds', () => {
    fc.assert(
      fc.property(fc.array(addition, { maxLength: 40 }), (list) => {
        const whole = new UsageSums()
        const parts = [0, 1, 2, 3].map(() => new UsageSums())
        for (const { team, nanos, keeper } of list) {
          for (const sums of [whole, parts[keeper]!]) sums.add([team], () => nanos)
        }
        const expected = whole.body(['team'], range)
        expect(merged(parts).body(['team'], range)).toEqual(expected)
        expect(merged(parts.toReversed()).body(['team'], range)).toEqual(expected)
      }),
    )
  })

  test('of more rows than an answer holds the first by name are whole', () => {
    const parts = [0, 1].map((part) => {
      const sums = new UsageSums()
      for (let n = part; n < 15_000; n += 2) sums.add([`key-${String(n).padStart(6, '0')}`], () => 1n)
      for (let n = 0; n < 15_000; n += 3) sums.add([`key-${String(n).padStart(6, '0')}`], () => 1n)
      return sums
    })
    const { rows, truncated } = merged(parts).body(['key'], range)
    expect([rows.length, truncated]).toEqual([10_000, true])
    for (const [n, row] of rows.entries()) {
      expect(row['key']).toBe(`key-${String(n).padStart(6, '0')}`)
      if (row['requests'] !== (n % 3 === 0 ? 3 : 1)) expect.unreachable(`row ${n} is not whole`)
    }
  })

  function merged(parts: readonly UsageSums[]): UsageSums {
    const sums = new UsageSums()
    for (const part of parts) sums.addForm(part.form())
    return sums
  }
})

describe('history', () => {
  const key: fc.Arbitrary<HistoryKey> = fc.record({
    atMs: fc.nat(20),
    partition: fc.nat(15),
    epoch: fc.constantFrom('boot-1', 'boot-2'),
    sequence: fc.nat(30),
  })

  test('page after page gives everything once and newest first, although keepers look only so far at a time', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(key, { maxLength: 60, selector: showKey }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 12 }),
        (keys, limit, looksAt) => {
          const keepers = [0, 1, 2].map((keeper) => keys.filter(({ partition }) => partition % 3 === keeper))
          const seen: string[] = []
          let before: HistoryKey | undefined
          for (let pages = 0; pages < 200; pages++) {
            const asked = keepers.map((own) => pageOf(own, before, limit, looksAt))
            const body = mergedHistory(asked, limit)
            seen.push(...body.items.map(({ id }) => id))
            if (body.next === undefined) break
            before = readKey(body.next)
          }
          expect(seen).toEqual(keys.toSorted((a, b) => compareKeys(b, a)).map(showKey))
        },
      ),
    )
  })

  /** Builds a page as an aggregator does: until it is full or enough records were searched. */
  function pageOf(
    keys: readonly HistoryKey[],
    before: HistoryKey | undefined,
    limit: number,
    looksAt: number,
  ): HistoryPage<{ id: string }> {
    const older = keys.filter((one) => before === undefined || compareKeys(one, before) < 0)
    const looked = older.toSorted((a, b) => compareKeys(b, a)).slice(0, Math.min(limit, looksAt))
    const last = looked.at(-1)
    const items = looked.map((one): [string, { id: string }] => [showKey(one), { id: showKey(one) }])
    return looked.length === limit || looked.length === looksAt ? { items, lookedTo: showKey(last!) } : { items }
  }
})
