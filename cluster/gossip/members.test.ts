// Nodes that come and go: whose part is kept, and until when.
import { expect, test } from 'vitest'
import { BucketNode } from './bucket-node.ts'
import { Members } from './members.ts'

const tickMs = 200
const minuteMs = 60_000

function withNodes(count: number): Members {
  const members = new Members(tickMs)
  for (let index = 0; index < count; index++) members.add(`n${index}`, { boot: 1, peer: index, nowMs: 0 })
  return members
}

test('a node that a majority misses gives its part back after ten minutes', () => {
  const members = withNodes(2)
  for (const { minutes, count } of [
    { minutes: 9, count: 3 },
    { minutes: 11, count: 2 },
  ]) {
    const nowMs = minutes * minuteMs
    const heard = members.get('n0')
    if (heard !== undefined) members.hear(heard, minutes, nowMs - 6_000)
    for (let agoMs = 5_800; heard !== undefined && agoMs >= 0; agoMs -= tickMs)
      members.hear(heard, minutes + 1, nowMs - agoMs)
    members.look(nowMs)
    expect(members.count).toBe(count)
  }
})

test('a half keeps the part of the other for a day, and nodes that were killed one after the other no longer', () => {
  const members = withNodes(12)
  members.look(23 * 60 * minuteMs)
  expect([members.count, members.heardPart]).toEqual([13, 1 / 13])
  members.look(25 * 60 * minuteMs)
  expect([members.count, members.heardPart]).toEqual([1, 1])
})

test('a thousand nodes that come and go leave no memory behind', () => {
  const node = new BucketNode({ node: 'a', boot: 1 })
  const rule = { kind: 'flow', capacity: 10, perMs: 1 } as const
  for (let key = 0; key < 2_000; key++) node.buckets.slotOf(key, rule, 0)
  const before = process.memoryUsage().arrayBuffers
  for (let round = 0; round < 2; round++) {
    const others = Array.from({ length: 1_000 }, (_, index) => new BucketNode({ node: `n${round}-${index}`, boot: 1 }))
    const frames = others.map((other) => [other.nextFrame(), other.nextFrame(true)] as const)
    for (const [comes] of frames) if (comes !== undefined) node.take(comes, 0)
    expect(node.members.count).toBe(1_001)
    for (const [, leaves] of frames) if (leaves !== undefined) node.take(leaves, 0)
    expect(node.members.count).toBe(1)
  }
  globalThis.gc?.()
  expect((process.memoryUsage().arrayBuffers - before) / 2 ** 20).toBeLessThan(150)
})
