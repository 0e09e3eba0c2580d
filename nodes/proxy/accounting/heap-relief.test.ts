import { expect, test } from 'vitest'
import { ManualClock } from '../../../shared/clock.ts'
import { SharedBudget } from '../http/shared-budget.ts'
import { HeapRelief } from './heap-relief.ts'

const MiB = 1 << 20
const owner = { keyId: 'k', team: 't' }

function relieved(liveBytes = 20 * MiB) {
  const clock = new ManualClock()
  const heap = {
    used: liveBytes,
    collections: 0,
    usedBytes: () => heap.used,
    collect: () => {
      heap.collections++
      heap.used = liveBytes
    },
  }
  const parsed = new SharedBudget(1 << 30)
  const relief = new HeapRelief({ clock, heap, parsed })
  const parse = (garbage: number) => {
    parsed.take(2 * MiB, owner)
    parsed.give(2 * MiB, owner)
    heap.used += garbage
    clock.advance(1_000)
  }
  return { clock, heap, relief, parse }
}

test('what large bodies left is collected once none has come for ten seconds', () => {
  const { clock, heap, parse } = relieved()
  for (let n = 0; n < 5; n++) parse(100 * MiB)
  clock.advance(9_000)
  expect(heap.collections).toBe(0)
  clock.advance(2_000)
  expect([heap.collections, heap.used]).toEqual([1, 20 * MiB])
  clock.advance(600_000)
  expect(heap.collections).toBe(1)
})

test('garbage that V8 collected by itself is a reason too, because V8 keeps the pages', () => {
  const { clock, heap, parse } = relieved()
  parse(100 * MiB)
  heap.used = 21 * MiB
  clock.advance(12_000)
  expect(heap.collections).toBe(1)
})

test('bursts of large bodies cost one collection a minute', () => {
  const { clock, heap, parse } = relieved()
  for (let n = 0; n < 20; n++) {
    parse(100 * MiB)
    clock.advance(12_000)
  }
  expect(heap.collections).toBeLessThanOrEqual(5)
})

test.each([
  ['little garbage', 20 * MiB, 10 * MiB],
  ['a heap that is large by itself, which would take long', 100 * MiB, 500 * MiB],
])('%s is left to V8', (_, live, garbage) => {
  const { clock, heap, parse } = relieved(live)
  parse(garbage)
  clock.advance(60_000)
  expect(heap.collections).toBe(0)
})

test('garbage of small requests is left to V8, and nothing happens once it is stopped', () => {
  const { clock, heap, relief, parse } = relieved()
  heap.used += 500 * MiB
  clock.advance(60_000)
  parse(0)
  relief.stop()
  clock.advance(60_000)
  expect(heap.collections).toBe(0)
})
