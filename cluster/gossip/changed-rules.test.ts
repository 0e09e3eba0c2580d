// A bucket whose rule changes while it is in use.
import { expect, test } from 'vitest'
import type { BucketRule } from './bucket-rule.ts'
import { Members } from './members.ts'
import { SharedBuckets } from './shared-buckets.ts'

const key = 7
const flowOf = (capacity: number): BucketRule => ({ kind: 'flow', capacity, perMs: capacity / 60_000 })
const time = { nowMs: 0, window: 0 }

const bucketsOf = (bucketsMax = 8) => new SharedBuckets({ members: new Members(200), tickMs: 200, bucketsMax })

test('one that is made much smaller is closed for a window at most', () => {
  const buckets = bucketsOf()
  buckets.charge(buckets.slotOf(key, flowOf(1_000_000), 0), 500_000, time)
  const short = buckets.charge(buckets.slotOf(key, flowOf(10), 0), 1, time)
  expect(short).toEqual({ type: 'short', waitMs: 66_000 })
})

test('a charge of a bucket that was forgotten tells nothing of its successor', () => {
  const buckets = bucketsOf(1)
  const charge = buckets.charge(buckets.slotOf(key, flowOf(10), 0), 1, time)
  if (!('slot' in charge)) throw new Error('the bucket is short')
  expect(buckets.stateOf(charge, 0)?.remaining).toBe(9)
  buckets.slotOf(8, flowOf(10), 0)
  expect(buckets.stateOf(charge, 0)).toBeUndefined()
})

test.each<[string, BucketRule]>([
  ['rolls', flowOf(60)],
  ['has windows', { kind: 'window', capacity: 60, perMs: 0 }],
])('one that %s and is used up has no room for what is not known yet either', (_, rule) => {
  const buckets = bucketsOf()
  const slot = buckets.slotOf(key, rule, 0)
  expect(buckets.charge(slot, 0, time)).toHaveProperty('slot')
  expect(buckets.charge(slot, 60, time)).toHaveProperty('slot')
  expect(buckets.charge(slot, 0, time)).toEqual({ type: 'short', waitMs: rule.kind === 'flow' ? 1_000 : 0 })
})
