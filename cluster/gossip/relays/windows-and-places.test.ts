// Calendar windows and concurrency where nodes relay: what nothing refills is not given out twice, whoever is killed, cut off or starts
// anew.
import { expect, test } from 'vitest'
import type { BucketRule, Charge } from '../bucket-rule.ts'
import { Fleet, type FleetNode } from '../test-fleet.ts'
import { fleetKey, rootOf } from '../test-fleet-run.ts'

const nodes = 24
const capacity = 3_000
const window: BucketRule = { kind: 'window', capacity, perMs: 0 }
const windowMs = 60_000
const firstWindow = 5

type Each = (fleet: Fleet, second: number) => void

/** What is admitted in each of two windows under three times the demand. */
function windows(each: Each, nodes: number): number[] {
  const fleet = new Fleet({ seed: 1 })
  fleet.startAll(nodes)
  const admitted = [0, 0]
  while (fleet.nowMs < 2 * windowMs) {
    if (fleet.nowMs % 1_000 === 0) each(fleet, fleet.nowMs / 1_000)
    fleet.step()
    const index = Math.min(1, Math.floor(fleet.nowMs / windowMs))
    for (const node of fleet.nodes) {
      if (!node.isUp || fleet.random() >= (3 * capacity) / windowMs / nodes) continue
      if (fleet.charge(node, fleetKey, window, 1, firstWindow + index) !== undefined) admitted[index]!++
    }
  }
  return admitted
}

/** What is used in a second: so much may pass before anybody misses a node. */
const perSecond = (3 * capacity) / 60

test.each<[string, Each, number, number, number?]>([
  ['undisturbed', () => {}, 0.99, 0],
  [
    'with one of eight nodes, which do not relay, killed in the first window',
    (fleet, second) => second === 20 && fleet.kill(fleet.nodes[3] as FleetNode),
    // What is kept for it in the next window is an eighth.
    0.87,
    // The share of each node ends with a part of a request.
    0.05,
    8,
  ],
  ['with its relay killed in each window', (fleet, second) => second % 60 === 10 && kill(fleet), 0.9, 1],
  [
    'with halves that do not hear one another from the first window into the second',
    (fleet, second) => {
      if (second === 10) fleet.reaches = (from, to) => from % 2 === to % 2
      if (second === 100) fleet.reaches = () => true
    },
    0.97,
    2,
  ],
  [
    'with each node starting anew in turn',
    (fleet, second) => {
      const node = fleet.nodes[Math.floor(second / 3) % nodes]
      if (second % 3 !== 2 || node === undefined) return
      fleet.leave(node)
      fleet.start(node.name)
    },
    0.9,
    // Twenty starts, each a tick.
    4,
  ],
])('a window is used whole and no more, %s', (_, each, least, seconds, count = nodes) => {
  for (const admitted of windows(each, count)) {
    expect(admitted).toBeLessThanOrEqual(capacity + seconds * perSecond)
    expect(admitted).toBeGreaterThanOrEqual(least * capacity)
  }
})

function kill(fleet: Fleet): void {
  const root = rootOf(fleet)
  if (root !== undefined) fleet.kill(root)
}

const places: BucketRule = { kind: 'gauge', capacity: 100, perMs: 0 }
const holdMs = 2_000

interface Held {
  readonly untilMs: number
  readonly node: FleetNode
  readonly life: FleetNode['node']
  readonly charge: Charge
}

/** The most places that are taken at one time, and the mean, under twice the demand. */
function places100(each: Each) {
  const fleet = new Fleet({ seed: 1 })
  fleet.startAll(nodes)
  let held: Held[] = []
  let [most, sum, looks] = [0, 0, 0]
  while (fleet.nowMs < 60_000) {
    if (fleet.nowMs % 1_000 === 0) each(fleet, fleet.nowMs / 1_000)
    fleet.step()
    const { nowMs } = fleet
    for (const { life, charge, untilMs } of held) if (untilMs === nowMs) life.buckets.adjust(charge, -1, nowMs)
    held = held.filter(({ untilMs, node, life }) => untilMs > nowMs && node.isUp && node.node === life)
    for (const node of fleet.nodes) {
      if (!node.isUp || fleet.random() >= (2 * places.capacity) / holdMs / nodes) continue
      const charge = fleet.charge(node, 43, places)
      if (charge !== undefined) held.push({ untilMs: nowMs + holdMs, node, life: node.node, charge })
    }
    most = Math.max(most, held.length)
    if (nowMs > 10_000) [sum, looks] = [sum + held.length, looks + 1]
  }
  return { most, mean: sum / looks }
}

test('places are used, and taken twice only within the time that it takes to hear of them', () => {
  const { most, mean } = places100(() => {})
  // A hundred requests begin in a second.
  expect(most).toBeLessThanOrEqual(130)
  expect(mean).toBeGreaterThanOrEqual(95)
})

test('places of a node that starts anew are free again', () => {
  const { mean } = places100((fleet, second) => {
    const node = fleet.nodes[second - 20]
    if (second >= 20 && second < 40 && node !== undefined) fleet.start(node.name)
  })
  expect(mean).toBeGreaterThanOrEqual(90)
})
