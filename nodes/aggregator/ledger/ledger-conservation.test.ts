// Whatever comes again, late, out of order or after a kill, the ledger has the cost of each request once, and usage has the same.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sampleAttempt, sampleRequest } from '../../../shared/telemetry/arbitrary-records.ts'
import { recordsOf, type Sent, startMs, TestLedger, type Written } from './test-ledger.ts'

interface Plan {
  readonly costs: readonly number[]
  readonly bound: number
  /** Which records of the request there are, and in which order they are made. */
  readonly records: 'real' | 'crash' | 'crash, real' | 'real, crash' | 'crash, crash'
  readonly owner: number
  readonly lateMs: number
}

const plan: fc.Arbitrary<Plan> = fc.record({
  costs: fc.array(fc.oneof(fc.constant(0), fc.nat(1_000_000)), { minLength: 1, maxLength: 3 }),
  bound: fc.nat(2_000_000),
  records: fc.constantFrom('real', 'real', 'real', 'crash', 'crash, real', 'real, crash', 'crash, crash'),
  owner: fc.nat(3),
  lateMs: fc.nat(7_200_000),
})

const nanos = (costs: readonly number[]) => costs.reduce((sum, cost) => sum + cost, 0)

test('the ledger and usage have the cost of each request once', () => {
  fc.assert(
    fc.property(fc.array(plan, { minLength: 1, maxLength: 25 }), fc.infiniteStream(fc.nat(99)), (plans, luck) => {
      const books = new TestLedger()
      const chance = () => luck.next().value as number
      const batches = batchesOf(books, plans, chance)
      const queue = [...batches]
      while (queue.length > 0) {
        const [batch] = queue.splice(chance() % Math.min(4, queue.length), 1)
        books.take(batch!)
        if (chance() < 25) books.take(batches[chance() % batches.length]!)
        if (chance() < 30) books.committer.commit()
        if (chance() < 15) books.kill()
      }
      // What was not confirmed comes again.
      for (const batch of batches) books.take(batch)
      const expected = plans.reduce((sum, one) => sum + BigInt(costOf(one)), 0n)
      expect(books.sums()).toEqual({ ledger: expected, usage: expected, requests: plans.length })
      expect(books.verify().faults).toEqual([])
      books.close()
    }),
    { numRuns: 25 },
  )
}, 60_000)

/** What a request costs in the end: what its real record says where there is one. */
function costOf({ records, costs, bound }: Plan): number {
  return records.includes('real') ? nanos(costs) : bound
}

/** The records of each boot of the sender, cut into batches anywhere. */
function batchesOf(books: TestLedger, plans: readonly Plan[], chance: () => number): Uint8Array[] {
  const boots: Record<string, Written[]> = { 'boot-1': [], 'boot-2': [], 'boot-3': [] }
  plans.forEach((one, index) => {
    one.records.split(', ').forEach((kind, place) => {
      boots[`boot-${place + 1}`]!.push(...recordsOf(kind === 'real' ? real(one, index) : crash(one, index)))
    })
  })
  return Object.entries(boots).flatMap(([boot, records]) => {
    const batches: Uint8Array[] = []
    for (let at = 0; at < records.length; ) {
      const size = 1 + (chance() % 5)
      batches.push(books.batchOf(boot, records.slice(at, at + size)))
      at += size
    }
    return batches
  })
}

function real({ costs, owner, lateMs }: Plan, index: number): Sent {
  const requestId = `r${index}`
  const common = { requestId, atMs: startMs - lateMs, keyId: `key-${owner}` }
  const attempts = costs.map((costNanoUsd, place) => sampleAttempt({ ...common, index: place, costNanoUsd }))
  const costCenter = `c${owner}`
  return [sampleRequest({ ...common, costCenter, attempts: costs.length, costNanoUsd: nanos(costs) }), attempts]
}

function crash({ bound, owner, lateMs }: Plan, index: number): Sent {
  const common = { requestId: `r${index}`, atMs: startMs - lateMs, keyId: `key-${owner}`, costNanoUsd: bound }
  const attempt = sampleAttempt({ ...common, settlement: 'interrupted', outcome: 'aborted' })
  const failed = { status: 'failed' as const, errorCode: 'interrupted', costCenter: `c${owner}` }
  return [sampleRequest({ ...common, ...failed }), [attempt]]
}
