import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SloSeries } from './slo-series.ts'
import { SlotRing } from './slot-ring.ts'

const entry = fc.record({ atMs: fc.nat(5_000), good: fc.nat(3), total: fc.integer({ min: 3, max: 5 }) })

test('a ring sums what a list of everything would, in any order, as far back as it reaches', () => {
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 60 }), fc.integer({ min: 1, max: 20 }), (entries, slots) => {
      const ring = new SlotRing(100, 21)
      // What is too old when it comes is let go: the order matters for that alone.
      let newest = 0
      const kept = entries.filter(({ atMs, good, total }) => {
        ring.add(atMs, good, total)
        const slot = Math.floor(atMs / 100)
        newest = Math.max(newest, slot)
        return slot > newest - 21
      })
      const now = Math.floor(5_100 / 100)
      const inside = kept.filter(({ atMs }) => {
        const slot = Math.floor(atMs / 100)
        return slot > now - slots && slot > newest - 21
      })
      expect(ring.sum(5_100, slots * 100)).toEqual({
        good: inside.reduce((sum, { good }) => sum + good, 0),
        total: inside.reduce((sum, { total }) => sum + total, 0),
      })
    }),
  )
})

test('a late record lands in its own slot, and in windows that still reach it', () => {
  const series = new SloSeries()
  const nowMs = 1_700_000_000_000
  series.add(nowMs, { good: 1, total: 1 })
  series.add(nowMs - 150_000, { good: 0, total: 1 })
  expect([60_000, 300_000, 1_800_000].map((windowMs) => series.sum(nowMs, windowMs).total)).toEqual([1, 2, 2])
})

test('counts of a coarse slot are seen by windows as coarse alone', () => {
  const series = new SloSeries()
  const nowMs = 1_700_000_000_000
  series.add(nowMs, { good: 5, total: 6 }, 60_000)
  expect(series.sum(nowMs, 300_000)).toEqual({ good: 0, total: 0 })
  expect(series.sum(nowMs, 1_800_000)).toEqual({ good: 5, total: 6 })
  expect(series.sum(nowMs, 30 * 86_400_000)).toEqual({ good: 5, total: 6 })
})
