// Which buckets a node tells when it has more to tell than a frame holds.
import { expect, test } from 'vitest'
import { BucketNode } from './bucket-node.ts'
import type { BucketRule } from './bucket-rule.ts'
import { decodeFrame } from './frame.ts'

const flow: BucketRule = { kind: 'flow', capacity: 1_000_000, perMs: 10 }

function meeting(): readonly [BucketNode, BucketNode] {
  const [one, other] = [new BucketNode({ node: 'a', boot: 1 }), new BucketNode({ node: 'b', boot: 1 })]
  const frames = [one.nextFrame(), other.nextFrame()]
  if (frames[0] !== undefined) other.take(frames[0], 0)
  if (frames[1] !== undefined) one.take(frames[1], 0)
  return [one, other]
}

test('every bucket is told in its turn, however many are in use all the time', () => {
  const [node, other] = meeting()
  const told = new Set<number>()
  const buckets = 2_000
  for (let tick = 1; tick <= 20; tick++) {
    const nowMs = tick * 200
    for (let key = 0; key < buckets; key++)
      node.buckets.charge(node.buckets.slotOf(key, flow, nowMs), 1, { nowMs, window: 0 })
    const heard = other.nextFrame()
    if (heard !== undefined) node.take(heard, nowMs)
    other.tick(nowMs)
    node.tick(nowMs)
    const frame = node.nextFrame()
    for (const { key } of (frame && decodeFrame(frame))?.entries ?? []) told.add(key)
  }
  expect(told.size).toBe(buckets)
})

test('what is urgent is told first, and leaves room for the rest', () => {
  const [node] = meeting()
  const small: BucketRule = { kind: 'flow', capacity: 10, perMs: 0.001 }
  const charge = (key: number, rule: BucketRule) =>
    node.buckets.charge(node.buckets.slotOf(key, rule, 0), 1, { nowMs: 0, window: 0 }, true)
  for (let key = 0; key < 1_000; key++) charge(key, flow)
  for (let key = 1_000; key < 2_000; key++) charge(key, small)
  node.tick(0)
  const frame = node.nextFrame()
  const keys = ((frame && decodeFrame(frame))?.entries ?? []).map(({ key }) => key)
  expect([keys.filter((key) => key >= 1_000).length, keys.length]).toEqual([300, 400])
  expect(keys[0]).toBe(1_000)
})

test('a frame takes no longer when hundreds of thousands of buckets wait for their turn', () => {
  const [node] = meeting()
  for (let key = 0; key < 300_000; key++)
    node.buckets.charge(node.buckets.slotOf(key, flow, 0), 1, { nowMs: 0, window: 0 })
  const tookMs = Array.from({ length: 50 }, () => {
    const startMs = performance.now()
    node.tick(0)
    node.nextFrame()
    return performance.now() - startMs
  })
  // Were all that wait looked at, the quickest frame would take 40 ms.
  expect(Math.min(...tookMs)).toBeLessThan(10)
})
