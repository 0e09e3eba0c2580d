import fc from 'fast-check'
import { expect, test } from 'vitest'
import { priorities } from '../../../shared/config/kinds/owners/spec.ts'
import type { Tenant } from '../auth/tenant.ts'
import { type QueueEntry, WeightedQueue } from './weighted-queue.ts'

const costMax = 50
const tenantOf = (id: string, weight: number, priority: Tenant['priority'] = 'normal'): Tenant => ({
  id,
  weight,
  priority,
})

function takeNext(queue: WeightedQueue<QueueEntry>): QueueEntry | undefined {
  const entry = queue.peek()
  if (entry !== undefined) queue.take(entry)
  return entry
}

/** Entries in the order of their turns. */
function served(queue: WeightedQueue<QueueEntry>): QueueEntry[] {
  const order: QueueEntry[] = []
  for (let entry = takeNext(queue); entry !== undefined; entry = takeNext(queue)) order.push(entry)
  return order
}

const weights = fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 2, maxLength: 5 })
const costs = fc.array(fc.integer({ min: 1, max: costMax }), { minLength: 40, maxLength: 80 })

test('two tenants that both wait get as much for their weight, up to one request of each', () => {
  fc.assert(
    fc.property(weights, costs, (all, sizes) => {
      const queue = new WeightedQueue<QueueEntry>()
      const tenants = all.map((weight, index) => tenantOf(`t${index}`, weight))
      for (const tenant of tenants) for (const cost of sizes) queue.add({ tenant, cost })
      const got = new Map(tenants.map(({ id }) => [id, 0]))
      const left = new Map(tenants.map(({ id }) => [id, sizes.length]))
      for (let entry = takeNext(queue); entry !== undefined; entry = takeNext(queue)) {
        const { id } = entry.tenant
        got.set(id, (got.get(id) ?? 0) + entry.cost)
        left.set(id, (left.get(id) ?? 0) - 1)
        if ([...left.values()].some((count) => count === 0)) break
        for (const one of tenants)
          for (const other of tenants) {
            const lag = (got.get(one.id) ?? 0) / one.weight - (got.get(other.id) ?? 0) / other.weight
            expect(Math.abs(lag)).toBeLessThanOrEqual(costMax / one.weight + costMax / other.weight + 1e-9)
          }
      }
    }),
  )
})

test('a tenant of any class is served before the others have had their part of what it costs many times over', () => {
  fc.assert(
    fc.property(fc.constantFrom(...priorities), fc.integer({ min: 1, max: costMax }), (priority, cost) => {
      const queue = new WeightedQueue<QueueEntry>()
      for (const other of priorities)
        for (let count = 0; count < 400; count++) queue.add({ tenant: tenantOf(`flood ${other}`, 1, other), cost: 10 })
      const mine = { tenant: tenantOf('mine', 1, priority), cost }
      queue.add(mine)
      const before = served(queue).indexOf(mine)
      // The lowest class has one part of 21, and shares it with a flood.
      expect(before * 10).toBeLessThanOrEqual(21 * 2 * (10 + costMax))
    }),
  )
})

test('classes share 16 to 4 to 1 while all of them wait', () => {
  const queue = new WeightedQueue<QueueEntry>()
  for (const priority of priorities)
    for (let count = 0; count < 500; count++) queue.add({ tenant: tenantOf(priority, 1, priority), cost: 1 })
  const first = served(queue).slice(0, 210)
  const count = (priority: string) => first.filter(({ tenant }) => tenant.priority === priority).length
  expect(priorities.map(count)).toEqual([160, 40, 10])
})

test('whoever comes late begins beside the others and makes up for nothing', () => {
  const queue = new WeightedQueue<QueueEntry>()
  for (let count = 0; count < 100; count++) queue.add({ tenant: tenantOf('early', 1), cost: 1 })
  for (let count = 0; count < 50; count++) takeNext(queue)
  for (let count = 0; count < 100; count++) queue.add({ tenant: tenantOf('late', 1), cost: 1 })
  const next = served(queue).slice(0, 20)
  expect(next.filter(({ tenant }) => tenant.id === 'late').length).toBe(10)
})

test('what leaves costs its tenant nothing, and the sums hold whatever comes, goes and is served', () => {
  const steps = fc.array(
    fc.record({ what: fc.constantFrom('add', 'take', 'remove'), at: fc.nat(), cost: fc.integer({ min: 1, max: 9 }) }),
  )
  fc.assert(
    fc.property(steps, (all) => {
      const queue = new WeightedQueue<QueueEntry>()
      const inside: QueueEntry[] = []
      for (const { what, at, cost } of all) {
        if (what === 'add') {
          const entry = { tenant: tenantOf(`t${at % 4}`, 1 + (at % 3), priorities[at % 3] ?? 'normal'), cost }
          inside.push(entry)
          queue.add(entry)
        } else if (inside.length > 0) {
          const entry = what === 'take' ? queue.peek() : inside[at % inside.length]
          if (entry === undefined) throw new Error('nobody is next')
          expect(what === 'take' ? queue.take(entry) : queue.remove(entry)).toBe(true)
          inside.splice(inside.indexOf(entry), 1)
        }
        expect(queue.length).toBe(inside.length)
        expect(queue.cost).toBe(inside.reduce((sum, entry) => sum + entry.cost, 0))
        expect([...queue.all()].length).toBe(inside.length)
      }
    }),
  )
})

test('when a newcomer is served is known from who waits', () => {
  const queue = new WeightedQueue<QueueEntry>()
  for (let count = 0; count < 100; count++) queue.add({ tenant: tenantOf('flood', 1), cost: 10 })
  expect(queue.costUntil({ tenant: tenantOf('light', 1), cost: 5 })).toBe(10)
  expect(queue.costUntil({ tenant: tenantOf('light', 3), cost: 6 })).toBe(8)
  expect(queue.costUntil({ tenant: tenantOf('flood', 1), cost: 10 })).toBe(1_010)
  expect(queue.lastOfLongest()?.tenant.id).toBe('flood')
})
