import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Sequences } from './sequences.ts'

const atMs = 0

test('whatever order batches come in and however often, each record is new exactly once, and then nothing is awaited', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 40 })
  fc.assert(
    fc.property(sizes, fc.infiniteStream(fc.nat()), (counts, chance) => {
      const batches = batchesOf(counts)
      const sent = shuffled([...batches, ...batches.filter(() => chance.next().value % 3 === 0)], chance)
      const sequences = new Sequences()
      const seen: number[] = []
      for (const batch of sent) {
        const { skip } = sequences.take({ ...batch, previous: batch.firstSequence - 1, atMs })
        for (let i = skip; i < batch.count; i++) seen.push(batch.firstSequence + i)
      }
      const all = counts.reduce((sum, count) => sum + count, 0)
      expect(seen.toSorted((a, b) => a - b)).toEqual(Array.from({ length: all }, (_, index) => index + 1))
      expect([sequences.through, sequences.isAwaiting, sequences.holes]).toEqual([all, false, []])
    }),
  )
})

test('what is awaited holds back what can be confirmed', () => {
  const sequences = new Sequences(4)
  expect(sequences.take({ firstSequence: 8, count: 2, previous: 7, atMs })).toEqual({ skip: 0, gone: [] })
  expect([sequences.through, sequences.isAwaiting]).toEqual([4, true])
  sequences.take({ firstSequence: 5, count: 3, previous: 4, atMs })
  expect([sequences.through, sequences.isAwaiting]).toEqual([9, false])
})

test('a sender that says what no longer exists is believed, and a record that comes all the same is taken once', () => {
  const sequences = new Sequences(4)
  sequences.take({ firstSequence: 8, count: 2, previous: 7, atMs: 70 })
  const { gone } = sequences.take({ firstSequence: 8, count: 2, previous: 0, atMs: 90 })
  expect(gone).toEqual([{ first: 5, last: 7, isGone: true, atMs: 70 }])
  expect([sequences.through, sequences.isAwaiting]).toEqual([9, false])
  const late = { firstSequence: 5, count: 3, previous: 4, atMs }
  expect([sequences.take(late).skip, sequences.take(late).skip]).toEqual([0, 3])
})

test('only what lies after the named predecessor is given up', () => {
  const sequences = new Sequences(1)
  sequences.take({ firstSequence: 5, count: 1, previous: 4, atMs })
  sequences.take({ firstSequence: 9, count: 1, previous: 6, atMs })
  expect(sequences.through).toBe(1)
  sequences.take({ firstSequence: 2, count: 3, previous: 1, atMs })
  expect(sequences.through).toBe(5)
  sequences.take({ firstSequence: 6, count: 1, previous: 5, atMs })
  expect(sequences.through).toBe(9)
})

test('of a batch that was cut off by a kill and came whole later only the rest is new', () => {
  const sequences = new Sequences(4)
  sequences.take({ firstSequence: 5, count: 3, previous: 4, atMs })
  expect(sequences.take({ firstSequence: 5, count: 5, previous: 4, atMs }).skip).toBe(3)
})

test('the list of holes is bounded: the oldest is given up, and what was taken stays taken', () => {
  const sequences = new Sequences()
  const given: number[] = []
  for (let first = 2; first <= 400; first += 2) {
    given.push(
      ...sequences.take({ firstSequence: first, count: 1, previous: first - 1, atMs }).gone.map((hole) => hole.first),
    )
  }
  expect(sequences.holes).toHaveLength(64)
  expect(given).toEqual(Array.from({ length: 136 }, (_, index) => 2 * index + 1))
  expect(sequences.take({ firstSequence: 2, count: 1, previous: 1, atMs }).skip).toBe(1)
})

test('it is the same again from what it says of itself', () => {
  const before = new Sequences(4)
  before.take({ firstSequence: 8, count: 2, previous: 7, atMs })
  const after = new Sequences(before.last, before.holes)
  expect([after.through, after.last, after.holes]).toEqual([before.through, before.last, before.holes])
})

function batchesOf(counts: readonly number[]): { firstSequence: number; count: number }[] {
  let next = 1
  return counts.map((count) => {
    const batch = { firstSequence: next, count }
    next += count
    return batch
  })
}

function shuffled<Item>(items: readonly Item[], chance: Iterator<number>): Item[] {
  const keyed = items.map((item) => ({ item, key: chance.next().value as number }))
  return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item)
}
