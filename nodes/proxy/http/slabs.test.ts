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

const owner = (keyId: string, team = 'a') => ({ keyId, team })
const large = 2 << 20

/** How many large bodies each owner in turn gets, until he gets no more. */
function takenBy(pool: SlabPool, ...owners: readonly ReturnType<typeof owner>[]): number[] {
  return owners.map((one) => {
    let count = 0
    while (pool.take(large, one) !== undefined) count++
    return count
  })
}

test('large bodies of one key have a quarter of the budget, of one team a half, of all seven eighths', () => {
  const pool = new SlabPool(32 << 20)
  expect(takenBy(pool, owner('k1'), owner('k2'), owner('k3'))).toEqual([4, 4, 0])
  expect(takenBy(pool, owner('k4', 'b'), owner('k5', 'c'))).toEqual([4, 2])
  expect(takenBy(pool, owner('k6', 'd'))).toEqual([0])
  const small = Array.from({ length: 4 }, () => pool.take(1 << 20, owner('k1')))
  expect(small.every((slab) => slab !== undefined)).toBe(true)
  expect(pool.take(1)).toBeUndefined()
})

test('a large body that was given back makes room for another of its owner', () => {
  const pool = new SlabPool(32 << 20)
  const first = pool.take(8 << 20, owner('k1'))
  expect(first).toBeDefined()
  expect(pool.take(large, owner('k1'))).toBeUndefined()
  if (first !== undefined) pool.give(first, owner('k1'))
  expect(pool.take(8 << 20, owner('k1'))).toBeDefined()
})
