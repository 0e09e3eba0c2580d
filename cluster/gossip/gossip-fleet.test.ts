// Nodes that share one bucket, over a network with delay, loss and cuts, against what one bucket would allow. The worst window of
// a minute is compared with `rate × 60 s + capacity`.
import { expect, test } from 'vitest'
import { BucketNode, gossipTickMs } from './bucket-node.ts'
import type { BucketRule } from './bucket-rule.ts'

interface Case {
  readonly nodes?: number
  readonly perMinute?: number
  readonly demand?: number
  readonly split: 'even' | 'zipf' | 'one' | 'rotating'
  readonly seconds?: number
  readonly loss?: number
  /** Frames take from 20 ms to this; those of one sender to one receiver keep their order. */
  readonly delayMsMax?: number
  /** Seconds in which the halves of the cluster do not hear one another. */
  readonly cut?: readonly [number, number]
}

const seeds = Number(process.env['GOSSIP_SEEDS'] ?? 1)
const key = 42
const stepMs = 1
const delayMsMin = 20
const quietSeconds = 20

function run(
  {
    nodes: count = 8,
    perMinute = 6_000,
    demand = 3,
    split,
    seconds = 120,
    loss = 0,
    cut,
    delayMsMax = delayMsMin,
  }: Case,
  seed: number,
) {
  const random = seeded(seed)
  const perMs = perMinute / 60_000
  const rule: BucketRule = { kind: 'flow', capacity: perMinute / 10, perMs }
  const nodes = Array.from({ length: count }, (_, index) => new BucketNode({ node: `n${index}`, boot: 1 }))
  const urgent = new Set<BucketNode>()
  for (const node of nodes) node.buckets.onUrgent = () => urgent.add(node)
  const slots = nodes.map((node) => node.buckets.slotOf(key, rule, 0))
  const admitted: number[] = []
  /** Frames on the way, by the time of their arrival, and the last arrival on each way. */
  const flying = new Map<number, (() => void)[]>()
  const lastDueMs = new Map<number, number>()
  for (let nowMs = 0; nowMs < seconds * 1000; nowMs += stepMs) {
    for (const deliver of flying.get(nowMs) ?? []) deliver()
    flying.delete(nowMs)
    const isCut = cut !== undefined && nowMs >= cut[0] * 1000 && nowMs < cut[1] * 1000
    for (const [index, node] of nodes.entries()) {
      const isTick = nowMs % gossipTickMs === Math.floor((index * gossipTickMs) / count)
      if (isTick) node.tick(nowMs)
      if (isTick || (urgent.has(node) && nowMs % 20 === 0)) send(node, index, nowMs, isCut)
      const rate = perMs * (nowMs < quietSeconds * 1000 ? 0.2 : demand) * shareOf(index, nowMs)
      if (random() >= rate * stepMs) continue
      const charge = node.buckets.charge(slots[index] ?? 0, 1, { nowMs, window: 0 })
      if ('slot' in charge) admitted.push(nowMs)
    }
  }
  return judged()

  function send(node: BucketNode, index: number, nowMs: number, isCut: boolean): void {
    urgent.delete(node)
    const frame = node.nextFrame()
    if (frame === undefined) return
    for (const [other, receiver] of nodes.entries()) {
      if (other === index || random() < loss || (isCut && other < count / 2 !== index < count / 2)) continue
      const delayMs = delayMsMin + Math.floor(random() * (delayMsMax - delayMsMin))
      const dueMs = Math.max(nowMs + delayMs, lastDueMs.get(index * count + other) ?? 0)
      lastDueMs.set(index * count + other, dueMs)
      const arriving = flying.get(dueMs) ?? []
      flying.set(dueMs, arriving)
      arriving.push(() => receiver.take(frame, dueMs))
    }
  }

  function shareOf(index: number, nowMs: number): number {
    if (split === 'even') return 1 / count
    if (split === 'one') return index === 0 ? 1 : 0
    if (split === 'rotating') return Math.floor(nowMs / 10_000) % count === index ? 1 : 0
    return 1 / (index + 1) / harmonic(count)
  }

  function judged() {
    const busyMs = (seconds - quietSeconds - 5) * 1000
    const busy = admitted.filter((atMs) => atMs > (quietSeconds + 5) * 1000).length
    const worst = worstWindow(admitted, 60_000)
    return { used: busy / (perMs * busyMs), over: worst / (perMs * 60_000 + rule.capacity) - 1 }
  }
}

interface Row extends Case {
  readonly name: string
  /** The most that may be admitted above one bucket, and the least that must be used of what is refilled. */
  readonly overMax?: number
  readonly usedMin?: number
}

const rows: readonly Row[] = [
  ...(['even', 'zipf', 'one', 'rotating'] as const).map((split) => ({ name: `a demand that is ${split}`, split })),
  { name: 'a tenfold demand from one moment on', split: 'zipf', demand: 10, seconds: 90 },
  { name: 'a fortyfold demand from one moment on', split: 'zipf', demand: 40, seconds: 90 },
  {
    name: 'halves that do not hear one another',
    split: 'even',
    seconds: 150,
    cut: [40, 110],
    overMax: 0.02,
    usedMin: 0.7,
  },
  { name: 'frames that take up to 100 ms', split: 'zipf', demand: 10, delayMsMax: 100 },
  { name: 'frames that take up to 500 ms', split: 'zipf', demand: 10, delayMsMax: 500 },
  { name: 'a fifth of the frames is lost', split: 'zipf', loss: 0.2 },
  { name: '32 nodes', nodes: 32, split: 'zipf', demand: 10, seconds: 70 },
  { name: 'ten in a second', perMinute: 600, split: 'zipf', demand: 10 },
]

test.each(rows)('$name: as much is admitted as by one bucket', ({ overMax = 0.005, usedMin = 0.98, ...row }) => {
  for (let seed = 1; seed <= seeds; seed++) {
    const { used, over } = run(row, seed)
    expect(over, `seed ${seed}`).toBeLessThanOrEqual(overMax)
    expect(used, `seed ${seed}`).toBeGreaterThanOrEqual(usedMin)
  }
})

function worstWindow(times: readonly number[], windowMs: number): number {
  let worst = 0
  let first = 0
  for (const [index, time] of times.entries()) {
    while (time - (times[first] ?? 0) > windowMs) first++
    worst = Math.max(worst, index - first + 1)
  }
  return worst
}

function harmonic(count: number): number {
  let sum = 0
  for (let index = 1; index <= count; index++) sum += 1 / index
  return sum
}

function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
