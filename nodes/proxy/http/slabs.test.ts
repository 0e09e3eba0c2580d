import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SharedBudget } from './shared-budget.ts'
import { SlabPool } from './slabs.ts'

const poolOf = (bytesMax: number) => new SlabPool(new SharedBudget(bytesMax))

test('a slab that was given back is used again', () => {
  const pool = poolOf(1 << 20)
  const first = pool.take(300)!
  pool.give(first)
  expect(pool.take(4_000)).toBe(first)
})

test('a slab that somebody may still read is never used again', () => {
  const pool = poolOf(1 << 20)
  const first = pool.take(300)!
  pool.forget(first)
  expect(pool.take(300)).not.toBe(first)
})

test('beyond the budget there is no slab, until one comes back', () => {
  const pool = poolOf(32 << 10)
  const first = pool.take(16 << 10)!
  const second = pool.take(16 << 10)!
  expect(pool.take(1)).toBeUndefined()
  pool.give(second)
  expect(pool.take(1)).toBeDefined()
  pool.give(first)
})

test('a slab given back twice is a bug', () => {
  const pool = poolOf(1 << 20)
  const slab = pool.take(1)!
  pool.give(slab)
  expect(() => pool.give(slab)).toThrow('given back')
})

test('idle slabs that nobody needs are freed', () => {
  const pool = poolOf(1 << 30)
  const slabs = Array.from({ length: 20 }, () => pool.take(1 << 20)!)
  for (const slab of slabs) pool.give(slab)
  expect(pool.bytesIdle).toBe(8 << 20)
  pool.trim()
  pool.trim()
  expect(pool.bytesIdle).toBe(0)
  expect(slabs.map(({ length }) => length)).toEqual(slabs.map(() => 0))
})

test('a large slab is charged as bytes arrive, can be read until its turn ends, and is freed at the next trim', () => {
  const pool = poolOf(256 << 20)
  const owner = { keyId: 'k1', team: 'a' }
  const slab = pool.openLarge(48 << 20)!
  expect(pool.budget.bytes).toBe(0)
  expect(pool.charge(2 << 20, owner)).toBe(true)
  pool.giveLarge(slab, 2 << 20, owner)
  expect([slab.length, pool.budget.bytes, pool.bytesIdle]).toEqual([48 << 20, 0, 48 << 20])
  pool.trim()
  expect([slab.length, pool.bytesIdle]).toEqual([0, 0])
})

test('large slabs that were given back are freed before another one is opened', () => {
  const pool = poolOf(256 << 20)
  for (let i = 0; i < 8; i++) {
    pool.giveLarge(pool.openLarge(16 << 20)!, 0, undefined)
    expect(pool.bytesIdle).toBe(16 << 20)
  }
})

test('slabs in use never overlap, and the budget always holds', () => {
  const step = fc.oneof(fc.record({ take: fc.integer({ min: 1, max: 1 << 20 }) }), fc.record({ give: fc.nat() }))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const budget = 4 << 20
      const pool = poolOf(budget)
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
        expect(pool.budget.bytes).toBe(bytes)
        expect(bytes).toBeLessThanOrEqual(budget)
      }
    }),
    { numRuns: 60 },
  )
})
