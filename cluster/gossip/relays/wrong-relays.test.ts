// What a relay may be wrong about. Whoever has no key is not heard at all (`acceptance/hostile-attacks.ts`). Whoever has it can say that a
// bucket is used up, as every node can; it cannot give more than a full bucket, and cannot make a node listen to more nodes than it keeps.
import { expect, test } from 'vitest'
import { BucketNode } from '../bucket-node.ts'
import type { BucketRule } from '../bucket-rule.ts'
import { Fleet } from '../test-fleet.ts'
import { encodeNames } from './presence.ts'
import { type Granted, RelayFrameWriter, readRelayFrame, type Told } from './relay-frame.ts'

const key = 42
const capacity = 1_000
const rules: readonly BucketRule[] = [
  { kind: 'flow', capacity, perMs: capacity / 60_000 },
  { kind: 'window', capacity, perMs: 0 },
]
const head = { boot: 9, heard: 2 ** 31, alive: 4, mates: 8 }

function frame(node: string, sequence: number, entries: readonly (Told | Granted)[] = []): Uint8Array {
  const writer = new RelayFrameWriter(4_096)
  writer.begin({ ...head, node, sequence })
  for (const entry of entries) {
    if ('granted' in entry) writer.granted(entry)
    else writer.told(entry)
  }
  return writer.bytes()
}

/** A node in a cluster of twenty, and the one that it tells about the bucket. */
function childAndParent(rule: BucketRule) {
  const fleet = new Fleet({ seed: 1 })
  fleet.startAll(20)
  const window = rule.kind === 'window' ? 1 : 0
  const child = fleet.nodes.find(({ node, name }) => node.ownerOf(key) !== name)
  if (child === undefined) throw new Error('every node is the root')
  fleet.charge(child, key, rule, 1, window)
  for (let ms = 0; ms < 1_000; ms++) {
    child.node.tick(fleet.nowMs + ms)
    for (const { to, frame: told } of child.node.messages(fleet.nowMs + ms))
      if (readRelayFrame(told)?.told.some((entry) => entry.key === key) === true)
        return { child: child.node, parent: to, nowMs: fleet.nowMs + ms, window }
  }
  throw new Error('the bucket is told to nobody')
}

function takenBy(node: BucketNode, rule: BucketRule, { nowMs, window }: { nowMs: number; window: number }): number {
  const slot = node.buckets.slotOf(key, rule, nowMs)
  let taken = 0
  while (taken < 10 * capacity && 'slot' in node.buckets.charge(slot, 1, { nowMs, window })) taken++
  return taken
}

test.each(rules)('a relay that grants too much of a $kind gives one full bucket', (rule) => {
  const { child, parent, nowMs, window } = childAndParent(rule)
  const wrong = {
    key,
    kind: rule.kind,
    window,
    granted: 2 ** 40,
    balance: 2 ** 40,
    part: 1,
    isPlenty: true,
    lacksRule: false,
  }
  child.takeMessage(frame(parent, 1_000, [wrong]), nowMs)
  const taken = takenBy(child, rule, { nowMs, window })
  expect(taken).toBeGreaterThan(capacity / 2)
  expect(taken).toBeLessThanOrEqual(capacity * 1.1)
})

test.each(rules)('a grant of a $kind by a node that is not the parent is not believed', (rule) => {
  const { child, parent, nowMs, window } = childAndParent(rule)
  const wrong = {
    key,
    kind: rule.kind,
    window,
    granted: 2 ** 40,
    balance: 2 ** 40,
    part: 1,
    isPlenty: true,
    lacksRule: false,
  }
  for (let index = 0; index < 20; index++)
    if (`n${index}` !== parent) child.takeMessage(frame(`n${index}`, 1_000, [wrong]), nowMs)
  expect(takenBy(child, rule, { nowMs, window })).toBeLessThan(capacity * 0.1)
})

test('a frame that comes twice, or after a later one, changes nothing', () => {
  const rule = rules[0] as BucketRule
  const { child, parent, nowMs, window } = childAndParent(rule)
  const grant = (granted: number) =>
    [{ key, kind: rule.kind, window, granted, balance: 500, part: 1, isPlenty: false, lacksRule: false }] as const
  child.takeMessage(frame(parent, 1_001, grant(50)), nowMs)
  for (let times = 0; times < 5; times++) child.takeMessage(frame(parent, 1_001, grant(50)), nowMs)
  child.takeMessage(frame(parent, 1_000, grant(900)), nowMs)
  expect(takenBy(child, rule, { nowMs, window })).toBeLessThanOrEqual(50)
})

test('names that nobody has do not fill the memory', () => {
  const full: string[] = []
  const node = new BucketNode({ node: 'a', boot: 1, membersMax: 40, onFull: (what) => full.push(what) })
  node.takeMessage(encodeNames(Array.from({ length: 20 }, (_, index) => ({ name: `n${index}`, boot: 1 }))), 0)
  node.tick(0)
  expect(node.isRelaying).toBe(true)
  for (let index = 0; index < 10_000; index++) node.takeMessage(frame(`stranger-${index}`, 1), 0)
  expect(node.members.size).toBe(39)
  expect(full.length).toBeGreaterThan(0)
  node.tick(1_000)
  expect(node.messages(1_000).length).toBeLessThan(40)
})
