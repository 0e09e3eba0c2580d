// What is reserved and what is given back, in any order of what can happen to a request.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BucketNode } from '../../../cluster/gossip/bucket-node.ts'
import type { BucketRule } from '../../../cluster/gossip/bucket-rule.ts'
import { ManualClock } from '../../../shared/clock.ts'
import type { LimitUnit } from '../../../shared/config/kinds/limits/spec.ts'
import { HeldReservations } from './held-reservations.ts'
import type { Reservation } from './reservation.ts'

const rule: BucketRule = { kind: 'window', capacity: 1_000_000, perMs: 0 }
const units = ['requests', 'tokens', 'outputTokens', 'inputTokens', 'concurrency'] as const

/** Reservations of some units in buckets of their own, whose refunds are counted. */
function held(amounts: Partial<Record<LimitUnit, number>>, overdraft?: number) {
  const clock = new ManualClock(0)
  const { buckets } = new BucketNode({ node: 'n1', boot: 1 })
  const told = { taken: 0, back: 0 }
  const reservations = Object.entries(amounts).map(([unit, amount], index): Reservation => {
    const charge = buckets.charge(buckets.slotOf(index + 1, rule, 0), amount, { nowMs: 0, window: 1 })
    if (!('slot' in charge)) throw new Error('there is no room')
    told.taken += amount
    return {
      charge,
      limit: { name: unit, unit: unit as LimitUnit, isEnforced: true, overdraft },
      amount,
      rule,
      windowEndMs: undefined,
    }
  })
  const adjust = buckets.adjust.bind(buckets)
  buckets.adjust = (charge, amount, nowMs) => {
    if (amount > 0) told.taken += amount
    else told.back -= amount
    return adjust(charge, amount, nowMs)
  }
  const left = () => reservations.map(({ charge }) => rule.capacity - (buckets.stateOf(charge, 0)?.remaining ?? 0))
  return { all: new HeldReservations(reservations, { buckets, clock }), told, left }
}

const tokens = fc.record({ input: fc.nat(5_000), output: fc.nat(5_000) })
const step = fc.oneof(
  fc.record({ type: fc.constant('top-up' as const), tokens }),
  fc.record({ type: fc.constant('use' as const), tokens }),
  fc.record({ type: fc.constant('settle' as const), tokens, isServed: fc.boolean() }),
)

test('what is given back is never more than what was reserved, whatever happens in whatever order (L6)', () => {
  const reserved = fc.record({ requests: fc.constant(1), tokens: fc.nat(9_000), outputTokens: fc.nat(9_000) })
  fc.assert(
    fc.property(reserved, fc.array(step, { maxLength: 30 }), (amounts, steps) => {
      const { all, told } = held(amounts)
      for (const one of steps) {
        const use = { tokens: { ...one.tokens, cached: 0 }, costNanoUsd: 0 }
        if (one.type === 'top-up') all.topUp({ ...one.tokens, price: undefined })
        else if (one.type === 'use') all.use(use)
        else all.settle({ ...use, isServed: one.isServed })
        expect(told.back).toBeLessThanOrEqual(told.taken)
      }
    }),
  )
})

test('what is charged in the end is what was used, however the stream was charged meanwhile', () => {
  const outputs = fc.array(fc.nat(4_000), { maxLength: 10 }).map((list) => list.toSorted((a, b) => a - b))
  fc.assert(
    fc.property(fc.nat(3_000), outputs, tokens, (reserved, grown, used) => {
      const { all, left } = held({
        tokens: reserved,
        outputTokens: reserved,
        inputTokens: 5,
        requests: 1,
        concurrency: 1,
      })
      for (const output of grown) all.topUp({ input: 10, output, price: undefined })
      for (let again = 0; again < 2; again++)
        all.settle({ tokens: { ...used, cached: 0 }, costNanoUsd: 0, isServed: true })
      all.topUp({ input: 10, output: 9_000, price: undefined })
      expect(left()).toEqual([used.input + used.output, used.output, used.input, 1, 0])
    }),
  )
})

describe('a stream', () => {
  test('is charged what it used beyond the reservation', () => {
    const { all, left } = held({ tokens: 100, outputTokens: 50 })
    all.topUp({ input: 20, output: 50, price: undefined })
    expect(left()).toEqual([100, 50])
    all.topUp({ input: 20, output: 114, price: undefined })
    expect(left()).toEqual([134, 114])
  })

  test('is ended by the first limit that is overdrawn', () => {
    const { all } = held({ tokens: 100 }, 0.001)
    expect(all.topUp({ input: 0, output: 1_001_000, price: undefined })).toBeUndefined()
    expect(all.topUp({ input: 0, output: 1_001_001, price: undefined })).toEqual({
      type: 'limit-exhausted',
      name: 'tokens',
    })
  })
})

test.each(units)('a limit of %s is charged while a stream runs only where it grows with it', (unit) => {
  const { all } = held({ [unit]: 1 })
  expect(all.grows).toBe(unit === 'tokens' || unit === 'outputTokens')
})
