// Calendar windows that nodes begin at different times: clocks that differ a little, that are years off, and that are put back.
import { beforeEach, describe, expect, test } from 'vitest'
import { BucketNode } from './bucket-node.ts'
import type { BucketRule } from './bucket-rule.ts'

const key = 4_711
const daily: BucketRule = { kind: 'window', capacity: 100, perMs: 0 }
const dayMs = 86_400_000
const today = 20_787

let a: BucketNode
let b: BucketNode

beforeEach(() => {
  a = new BucketNode({ node: 'a', boot: 1 })
  b = new BucketNode({ node: 'b', boot: 1 })
  meet()
})

/** Each node hears the other. */
function meet(nowMs = 0): void {
  for (const [from, to] of [
    [a, b],
    [b, a],
    [a, b],
  ] as const) {
    from.tick(nowMs)
    const frame = from.nextFrame()
    if (frame !== undefined) to.take(frame, nowMs)
  }
}

interface At {
  readonly window?: number
  /** The time that is left of the window by the node's clock. */
  readonly leftMs?: number
  readonly nowMs?: number
}

function charge(node: BucketNode, amount: number, { window = today, leftMs = dayMs / 2, nowMs = 0 }: At = {}) {
  const slot = node.buckets.slotOf(key, daily, nowMs)
  return node.buckets.charge(slot, amount, { nowMs, window, windowLeftMs: leftMs }, true)
}

function remaining(node: BucketNode, { window = today, nowMs = 0 }: At = {}): number {
  return node.buckets.look(node.buckets.slotOf(key, daily, nowMs), { nowMs, window }).remaining
}

test('a node that begins to use a bucket on the second day has what is left of that day', () => {
  charge(a, 60)
  meet()
  charge(a, 10, { window: today + 1 })
  meet()
  expect(remaining(b, { window: today + 1 })).toBe(90)
})

test('what is given back of a charge that was taken by the clock of another node is given back', () => {
  charge(a, 10, { window: today + 1 })
  meet()
  const charged = charge(b, 50, { leftMs: 5_000 })
  expect(remaining(b)).toBe(40)
  if ('slot' in charged) b.buckets.adjust(charged, -50, 0)
  expect(remaining(b)).toBe(90)
})

describe('a clock that is years ahead', () => {
  const far = today + 3_650

  test('of another node does not close the bucket for years', () => {
    charge(b, 10)
    charge(a, 100, { window: far })
    meet()
    expect(remaining(b)).toBe(90)
    expect(charge(b, 10)).toHaveProperty('slot')
    // The next day begins as always.
    expect(charge(b, 100, { window: today + 1, nowMs: dayMs / 2 })).toHaveProperty('slot')
  })

  test('of another node is forgotten where the bucket was not in use before', () => {
    charge(a, 100, { window: far })
    meet()
    expect(charge(b, 100)).toHaveProperty('slot')
  })

  test('is forgotten when it is put right', () => {
    charge(a, 100, { window: far })
    expect(charge(a, 100)).toHaveProperty('slot')
    expect(charge(a, 1)).not.toHaveProperty('slot')
  })
})

test('a clock that is put back a little at midnight does not begin the old day again', () => {
  charge(a, 100)
  charge(a, 30, { window: today + 1 })
  expect(charge(a, 80, { leftMs: 2_000 })).not.toHaveProperty('slot')
  expect(charge(a, 70, { leftMs: 2_000 })).toHaveProperty('slot')
})

test('the first clock that comes to midnight begins the day for all', () => {
  charge(a, 100, { leftMs: 3_000 })
  meet()
  charge(b, 30, { window: today + 1 })
  meet()
  charge(a, 0, { leftMs: 2_000 })
  expect(remaining(a, { window: today })).toBe(70)
})

test('a bucket that has no windows does not take the window of another node', () => {
  const flow: BucketRule = { kind: 'flow', capacity: 100, perMs: 0.001 }
  b.buckets.charge(b.buckets.slotOf(key, flow, 0), 90, { nowMs: 0, window: 0 }, true)
  charge(a, 1)
  meet()
  expect(b.buckets.look(b.buckets.slotOf(key, flow, 0), { nowMs: 0, window: 0 }).remaining).toBe(10)
})
