// What a node makes of others that are wrong: numbers that nobody can have counted, clocks that are years ahead, starts that seem
// to lie in the future.
import { encode } from '@msgpack/msgpack'
import { describe, expect, test } from 'vitest'
import { BucketNode } from './bucket-node.ts'
import type { BucketRule } from './bucket-rule.ts'

const key = 4_711
const flow: BucketRule = { kind: 'flow', capacity: 1_000, perMs: 0.001 }
const daily: BucketRule = { kind: 'window', capacity: 100, perMs: 0 }
const places: BucketRule = { kind: 'gauge', capacity: 10, perMs: 0 }

const entry = { key, birth: 1, window: 0, net: 0, balance: 0, demand: 0, isGauge: 0 }

/** A frame of the node `x`. */
function frameOf(
  values: Partial<typeof entry>,
  { boot = 1, sequence = 1 }: { boot?: unknown; sequence?: number } = {},
) {
  return encode([1, 'x', boot, sequence, false, Object.values({ ...entry, ...values })])
}

function remaining(node: BucketNode, rule: BucketRule, nowMs = 0, window = 0): number {
  return node.buckets.look(node.buckets.slotOf(key, rule, nowMs), { nowMs, window }).remaining
}

describe('numbers that nobody can have counted change nothing', () => {
  test.each<[string, Partial<Record<keyof typeof entry, unknown>>]>([
    ['a charge beyond all amounts', { net: 1e300 }],
    ['a negative charge beyond all amounts', { net: -1e300 }],
    ['a charge that is no number', { net: Number.NaN }],
    ['a balance beyond all amounts', { birth: 0, balance: -1e300 }],
    ['a birth that is no count', { birth: -1 }],
    ['a birth beyond all counts', { birth: 2 ** 32 }],
    ['a key that is no whole number', { key: 4_711.5 }],
    ['a window that is no count', { window: -3 }],
    ['a window beyond all counts', { window: 2 ** 32 + 5 }],
    ['a demand beyond all numbers', { demand: 1e300 }],
    ['text', { net: 'all' }],
  ])('%s', (_, wrong) => {
    for (const rule of [flow, daily, places]) {
      const node = new BucketNode({ node: 'a', boot: 1 })
      expect(remaining(node, rule)).toBe(rule.capacity)
      node.take(frameOf(wrong as Partial<typeof entry>), 0)
      node.take(frameOf({ birth: 2, net: 1 }, { sequence: 2 }), 0)
      expect(remaining(node, rule)).toBe(rule.capacity - 1)
    }
  })

  test.each([Number.NaN, Number.POSITIVE_INFINITY, -1, 1.5])('a start at %s', (boot) => {
    const node = new BucketNode({ node: 'a', boot: 1 })
    node.take(frameOf({}, { boot }), 0)
    expect(node.members.count).toBe(1)
  })
})

describe('a start that seems to lie in the future', () => {
  const far = Date.parse('2099-01-01')
  const heard = (
    node: BucketNode,
    { boot, sequence = 1, nowMs }: { boot: number; sequence?: number; nowMs: number },
  ) => {
    node.take(frameOf({ net: 10, balance: 990, birth: 1 }, { boot, sequence }), nowMs)
    node.tick(nowMs)
    return node.members.get('x')?.boot
  }

  test('does not keep a node that starts again with the right time from being heard', () => {
    const node = new BucketNode({ node: 'a', boot: 1 })
    remaining(node, flow)
    expect(heard(node, { boot: far, nowMs: 0 })).toBe(far)
    expect(heard(node, { boot: 5, nowMs: 3_000 })).toBe(5)
    expect([node.members.count, node.members.heardPart]).toEqual([2, 1])
  })

  test('is believed as long as it is heard', () => {
    const node = new BucketNode({ node: 'a', boot: 1 })
    heard(node, { boot: far, nowMs: 0 })
    expect(heard(node, { boot: 5, nowMs: 200 })).toBe(far)
    expect(heard(node, { boot: far, sequence: 2, nowMs: 1_500 })).toBe(far)
    expect(heard(node, { boot: 5, nowMs: 3_000 })).toBe(far)
  })
})
