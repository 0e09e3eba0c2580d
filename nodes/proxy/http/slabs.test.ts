import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SlabPool } from './slabs.ts'

test('a slab that was given back is used again', () => {
  const pool = new SlabPool(1 << 20)
  const first = pool.take(300)!
  pool.give(first)
  expect(pool.take(4_000)).toBe(first)
})

test('a slab that somebody may still read is never used again', () => {
  const pool = new SlabPool(1 << 20)
  const first = pool.take(300)!
  pool.forget(first)
  expect(pool.take(300)).not.toBe(first)
})

test('beyond the budget there is no slab, until one comes back', () => {
  const pool = new SlabPool(128 << 10)
  const first = pool.take(64 << 10)!
  const second = pool.take(64 << 10)!
  expect(pool.take(1)).toBeUndefined()
  pool.give(second)
  expect(pool.take(1)).toBeDefined()
  pool.give(first)
})

test('a slab given back twice is a bug', () => {
  const pool = new SlabPool(1 << 20)
  const slab = pool.take(1)!
  pool.give(slab)
  expect(() => pool.give(slab)).toThrow('twice')
})

test('idle slabs that nobody needs are freed', () => {
  const pool = new SlabPool(1 << 30)
  const slabs = Array.from({ length: 20 }, () => pool.take(1 << 20)!)
  for (const slab of slabs) pool.give(slab)
  expect(pool.bytesIdle).toBe(8 << 20)
  pool.trim()
  pool.trim()
  expect(pool.bytesIdle).toBe(0)
})

test('slabs in use never overlap, and the budget always holds', () => {
  const step = fc.oneof(fc.record({ take: fc.integer({ min: 1, max: 3 << 20 }) }), fc.record({ give: fc.nat() }))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const budget = 8 << 20
      const pool = new SlabPool(budget)
      const used: Buffer[] = []
      for (const step of steps) {
        if ('take' in step) {
          const slab = pool.take(step.take)
          if (slab === undefined) continue
          expect(slab.length).toBeGreaterThanOrEqual(step.take)
          expect(used.includes(slab)).toBe(false)
          used.push(slab)
        } else if (used.length > 0) {
          pool.give(used.splice(step.give % used.length, 1)[0]!)
        }
        const bytes = used.reduce((sum, slab) => sum + slab.length, 0)
        expect(pool.bytesInFlight).toBe(bytes)
        expect(bytes).toBeLessThanOrEqual(budget)
      }
    }),
    { numRuns: 60 },
  )
})
