// What nodes know of one another's charges, frame by frame.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BucketNode } from './bucket-node.ts'
import type { BucketRule, Charge } from './bucket-rule.ts'
import { Members } from './members.ts'
import { SharedBuckets } from './shared-buckets.ts'

const key = 4_711
const flow: BucketRule = { kind: 'flow', capacity: 1_000, perMs: 0.001 }
const daily: BucketRule = { kind: 'window', capacity: 100, perMs: 0 }
const places: BucketRule = { kind: 'gauge', capacity: 10, perMs: 0 }

class Node extends BucketNode {
  readonly rule: BucketRule

  constructor(name: string, { rule = flow, boot = 1 }: { rule?: BucketRule; boot?: number } = {}) {
    super({ node: name, boot })
    this.rule = rule
  }

  /** The next frame in turn. */
  frame(leaves = false): Uint8Array {
    this.tick(0)
    const frame = this.nextFrame(leaves)
    if (frame === undefined) throw new Error('there is no room for a frame')
    return frame
  }

  charge(amount: number, nowMs = 0, window = 0): Charge {
    const charged = this.buckets.charge(this.slot(nowMs), amount, { nowMs, window }, true)
    if (!('slot' in charged)) throw new Error(`${this.name} is short`)
    return charged
  }

  remaining(nowMs = 0, window = 0): number {
    return this.buckets.look(this.slot(nowMs), { nowMs, window }).remaining
  }

  slot(nowMs: number): number {
    return this.buckets.slotOf(key, this.rule, nowMs)
  }
}

/** Each node hears the frames of the other. */
function meet(one: Node, other: Node, nowMs = 0): void {
  other.take(one.frame(), nowMs)
  one.take(other.frame(), nowMs)
  other.take(one.frame(), nowMs)
}

function pair(rule: BucketRule = flow) {
  const nodes = [new Node('a', { rule }), new Node('b', { rule })] as const
  meet(...nodes)
  return nodes
}

test('what one node charges is missing at the other', () => {
  const [a, b] = pair()
  a.charge(300)
  b.charge(100)
  meet(a, b)
  expect([a.remaining(), b.remaining()]).toEqual([600, 600])
})

test('what a node gives back is there again at the other', () => {
  const [a, b] = pair()
  const charge = a.charge(300)
  meet(a, b)
  a.buckets.adjust(charge, -250, 0)
  meet(a, b)
  expect([a.remaining(), b.remaining()]).toEqual([950, 950])
})

test('a frame that comes twice, or late, changes nothing', () => {
  const [a, b] = pair()
  a.charge(300)
  const early = a.frame()
  a.charge(100)
  const late = a.frame()
  for (const frame of [late, late, early, late]) b.take(frame, 0)
  expect(b.remaining()).toBe(600)
})

test('a frame that is lost is made up for by the next', () => {
  const [a, b] = pair()
  a.charge(300)
  a.frame()
  b.remaining()
  a.charge(100)
  b.take(a.frame(), 0)
  expect(b.remaining()).toBe(600)
})

test('everything is told again within five seconds, so that whoever missed the last frame hears it', () => {
  const [a, b] = pair()
  b.remaining()
  a.charge(300)
  a.frame()
  for (let tick = 0; tick < 25; tick++) {
    a.tick(0)
    b.take(a.frame(), 0)
  }
  expect(b.remaining()).toBe(700)
})

test('a node that joins learns what was charged before, without what has been refilled since', () => {
  const a = new Node('a')
  for (let spent = 0; spent < 10; spent++) a.charge(900, spent * 1_000_000)
  const nowMs = 9_000_000
  const b = new Node('b')
  b.take(a.frame(), nowMs)
  meet(a, b, nowMs)
  expect(a.remaining(nowMs)).toBe(100)
  expect(b.remaining(nowMs)).toBe(100)
  b.charge(50, nowMs)
  meet(a, b, nowMs)
  expect([a.remaining(nowMs), b.remaining(nowMs)]).toEqual([50, 50])
})

test('a node that starts anew is counted anew, and what it charged before stays charged', () => {
  const [a, b] = pair()
  b.charge(200)
  meet(a, b)
  const again = new Node('b', { boot: 2 })
  meet(a, again)
  expect([a.remaining(), again.remaining()]).toEqual([800, 800])
  again.charge(100)
  meet(a, again)
  expect([a.remaining(), again.remaining()]).toEqual([700, 700])
  // Its former self, late on the way, is not believed any more.
  a.take(b.frame(), 0)
  expect(a.members.count).toBe(2)
})

test('the order of frames and their number do not matter for what is left', () => {
  const charges = fc.array(fc.record({ at: fc.nat(1), amount: fc.integer({ min: 1, max: 40 }) }), { maxLength: 12 })
  const delivery = fc.array(fc.record({ from: fc.nat(1), frame: fc.nat(11) }), { maxLength: 40 })
  fc.assert(
    fc.property(charges, delivery, (taken, delivered) => {
      const nodes = pair()
      const frames: Uint8Array[][] = [[], []]
      for (const { at, amount } of taken) {
        nodes[at as 0 | 1].charge(amount)
        frames[at]?.push(nodes[at as 0 | 1].frame())
      }
      for (const { from, frame } of delivered) {
        const bytes = frames[from]?.[frame]
        if (bytes !== undefined) nodes[from === 0 ? 1 : 0].take(bytes, 0)
      }
      for (const node of nodes) node.charge(0)
      meet(...nodes)
      const all = taken.reduce((sum, { amount }) => sum + amount, 0)
      expect(nodes.map((node) => node.remaining())).toEqual([1_000 - all, 1_000 - all])
    }),
  )
})

describe('windows', () => {
  test('begin at every node when they have begun at one, and charges of an earlier one are forgotten', () => {
    const [a, b] = pair(daily)
    const old = a.charge(60, 0, 7)
    meet(a, b)
    expect(b.remaining(0, 7)).toBe(40)
    b.charge(10, 0, 8)
    meet(a, b)
    expect([a.remaining(0, 8), b.remaining(0, 8)]).toEqual([90, 90])
    a.buckets.adjust(old, -60, 0)
    meet(a, b)
    expect([a.remaining(0, 8), b.remaining(0, 8)]).toEqual([90, 90])
  })

  test('a node whose clock is behind does not bring back an earlier one', () => {
    const [a, b] = pair(daily)
    a.charge(60, 0, 8)
    b.charge(5, 0, 7)
    b.take(a.frame(), 0)
    a.take(b.frame(), 0)
    expect([a.remaining(0, 8), b.remaining(0, 7)]).toEqual([40, 40])
  })

  test('nodes that do not hear one another take no more than a half each', () => {
    const [a, b] = pair(daily)
    for (const node of [a, b]) node.charge(1)
    meet(a, b)
    const nowMs = 2_000
    for (const node of [a, b]) node.tick(nowMs)
    const taken = [a, b].map((node) => {
      let count = 0
      while ('slot' in node.buckets.charge(node.slot(nowMs), 1, { nowMs, window: 0 }, true)) count++
      return count
    })
    expect(taken).toEqual([49, 49])
  })
})

describe('places', () => {
  test('of a node that leaves are free again', () => {
    const [a, b] = pair(places)
    for (let place = 0; place < 4; place++) b.charge(1)
    meet(a, b)
    expect(a.remaining()).toBe(6)
    a.take(b.frame(true), 0)
    expect([a.remaining(), a.members.count]).toEqual([10, 1])
  })

  test('of a node that starts anew are free again', () => {
    const [a, b] = pair(places)
    b.charge(1)
    meet(a, b)
    meet(a, new Node('b', { rule: places, boot: 2 }))
    expect(a.remaining()).toBe(10)
  })
})

test('with too many buckets the fullest of a few is forgotten', () => {
  const members = new Members(200)
  const buckets = new SharedBuckets({ members, tickMs: 200, bucketsMax: 8 })
  const charges = Array.from({ length: 8 }, (_, index) => {
    const amount = index === 3 ? 1 : 500
    return buckets.charge(buckets.slotOf(index, flow, 0), amount, { nowMs: 0, window: 0 })
  })
  buckets.slotOf(99, flow, 0)
  expect(buckets.count).toBe(8)
  const remaining = (index: number) => buckets.look(buckets.slotOf(index, flow, 0), { nowMs: 0, window: 0 }).remaining
  expect(remaining(99)).toBe(1_000)
  expect(remaining(5)).toBe(500)
  // What had been charged in the place of the forgotten one is not given back to its successor.
  const forgotten = charges[3]
  if (forgotten !== undefined && 'slot' in forgotten) buckets.adjust(forgotten, -1, 0)
  expect(remaining(99)).toBe(1_000)
})

test.each([
  ['nothing', new Uint8Array(0)],
  ['another thing', new TextEncoder().encode('{"node":"a"}')],
  ['half a frame', new Node('a').frame().subarray(0, 5)],
])('a node does not listen to %s', (_, bytes) => {
  const node = new Node('b')
  node.take(bytes, 0)
  expect(node.members.count).toBe(1)
})
