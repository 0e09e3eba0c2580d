// One bucket of a fleet under a demand that is split in some way, against what one bucket would allow: how much of what came is used, and
// how much the worst minute is above `rate × 60 s + capacity`.
import type { BucketRule } from './bucket-rule.ts'
import { Fleet, type FleetOptions, type Split, shareOf, worstWindow } from './test-fleet.ts'

export interface FleetRun extends Partial<Omit<FleetOptions, 'seed'>> {
  readonly nodes?: number
  readonly perMinute?: number
  /** A multiple of what the bucket allows. */
  readonly demand?: number
  readonly split: Split
  readonly seconds?: number
  /** Which nodes hear one another at a time, by their indices. */
  readonly reaches?: (from: number, to: number, second: number) => boolean
  /** Called once a second. */
  readonly each?: (fleet: Fleet, second: number) => void
}

export interface FleetResult {
  readonly used: number
  readonly over: number
  /** The most that a node sent and received, in KB/s over five seconds. */
  readonly worstKb: number
  /** What was admitted in each second. */
  readonly perSecond: readonly number[]
}

export const fleetKey = 42
const quietSeconds = 20
const quietDemand = 0.2
const lookedSeconds = 5

export function runFleet(run: FleetRun, seed: number): FleetResult {
  const { nodes: count = 8, perMinute = 6_000, demand = 3, split, seconds = 120, reaches, each, ...network } = run
  const fleet = new Fleet({ ...network, seed })
  fleet.startAll(count)
  if (reaches !== undefined) fleet.reaches = (from, to) => reaches(from, to, fleet.nowMs / 1_000)
  const rule: BucketRule = { kind: 'flow', capacity: perMinute / 10, perMs: perMinute / 60_000 }
  const admitted: number[] = []
  const perSecond = Array.from({ length: seconds }, () => 0)
  let worstKb = 0
  for (let nowMs = 0; nowMs < seconds * 1_000; nowMs++) {
    if (nowMs % 1_000 === 0) each?.(fleet, nowMs / 1_000)
    fleet.step()
    const rate = rule.perMs * (nowMs < quietSeconds * 1_000 ? quietDemand : demand)
    for (const node of fleet.nodes) {
      if (!node.isUp || nowMs < node.stoodUntilMs) continue
      if (fleet.random() >= rate * shareOf(split, node.index, { count: fleet.nodes.length, nowMs })) continue
      if (fleet.charge(node, fleetKey, rule) === undefined) continue
      admitted.push(nowMs)
      perSecond[Math.floor(nowMs / 1_000)]!++
    }
    if (nowMs % (lookedSeconds * 1_000) === 0) worstKb = Math.max(worstKb, bytesOf(fleet) / lookedSeconds / 1_024)
  }
  const busy = admitted.filter((atMs) => atMs > (quietSeconds + 5) * 1_000).length
  const busyMs = (seconds - quietSeconds - 5) * 1_000
  const over = worstWindow(admitted, 60_000) / (rule.perMs * 60_000 + rule.capacity) - 1
  return { used: busy / (rule.perMs * busyMs), over, worstKb, perSecond }
}

/** The most that a node has sent and received since the last look. */
function bytesOf(fleet: Fleet): number {
  let most = 0
  for (const node of fleet.nodes) {
    most = Math.max(most, node.sent + node.received)
    node.sent = 0
    node.received = 0
  }
  return most
}

/** The node that takes itself for the bucket's root. */
export function rootOf(fleet: Fleet, key = fleetKey) {
  return fleet.nodes.find((node) => node.isUp && node.node.ownerOf(key) === node.name)
}
