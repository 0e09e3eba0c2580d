// Many buckets of a fleet in constant use: what nodes send and receive, and how near what all admit comes to what the buckets allow.
import type { BucketRule } from './bucket-rule.ts'
import { Fleet, type FleetOptions } from './test-fleet.ts'

export interface KeysRun extends Partial<Omit<FleetOptions, 'seed'>> {
  readonly nodes: number
  readonly keys: number
  /** What each bucket holds, and what comes back in a minute. */
  readonly capacity: number
  readonly perMinute: number
  /** A multiple of what each bucket allows. */
  readonly demand: number
  readonly seconds: number
  /** `all`: each request comes to any node. `few`: those of a key come to four nodes. */
  readonly where: 'all' | 'few'
  /** Called once a second. */
  readonly each?: (fleet: Fleet, second: number) => void
}

export interface KeysResult {
  /** The most that a node sent, and that one received, in KB/s over five seconds; and the mean of both together. */
  readonly sentKb: number
  readonly receivedKb: number
  readonly meanKb: number
  /** What was used of all that the buckets gave in the last quarter. */
  readonly used: number
  /** The part above what the bucket gave in all: of all buckets together, and of the worst one. */
  readonly over: number
  readonly worstOver: number
}

const fewNodes = 4
const lookedSeconds = 5
const firstKey = 1_000_003
const betweenKeys = 7_919_000_003

export function runKeys(run: KeysRun, seed: number): KeysResult {
  const { nodes: count, keys, capacity, perMinute, demand, seconds, where, each, ...network } = run
  const fleet = new Fleet({ ...network, seed })
  fleet.startAll(count)
  const rule: BucketRule = { kind: 'flow', capacity, perMs: perMinute / 60_000 }
  const bytes = new Bytes()
  const admitted = new Uint32Array(keys)
  const late = { admitted: 0, fromMs: seconds * 750 }
  let due = 0
  for (let nowMs = 0; nowMs < seconds * 1_000; nowMs++) {
    if (nowMs % 1_000 === 0) each?.(fleet, nowMs / 1_000)
    fleet.step()
    for (due += rule.perMs * demand * keys; due >= 1; due--) {
      const key = Math.floor(fleet.random() * keys)
      const place = where === 'all' ? fleet.random() * count : key * fewNodes + fleet.random() * fewNodes
      const node = fleet.nodes[Math.floor(place) % count]
      if (node === undefined || !node.isUp) continue
      if (fleet.charge(node, firstKey + key * betweenKeys, rule) === undefined) continue
      admitted[key] = (admitted[key] ?? 0) + 1
      if (nowMs >= late.fromMs) late.admitted++
    }
    if (nowMs > 0 && nowMs % (lookedSeconds * 1_000) === 0) bytes.look(fleet)
  }
  const given = rule.capacity + rule.perMs * seconds * 1_000
  const all = admitted.reduce((sum, one) => sum + one, 0)
  const worst = admitted.reduce((most, one) => Math.max(most, one), 0)
  const [over, worstOver] = [all / (given * keys) - 1, worst / given - 1]
  return {
    ...bytes.told(),
    used: late.admitted / (rule.perMs * (seconds * 1_000 - late.fromMs) * keys),
    over,
    worstOver,
  }
}

class Bytes {
  #sent = 0
  #received = 0
  #all = 0
  #looks = 0

  look(fleet: Fleet): void {
    for (const node of fleet.nodes) {
      this.#sent = Math.max(this.#sent, node.sent)
      this.#received = Math.max(this.#received, node.received)
      this.#all += node.sent + node.received
      this.#looks++
      node.sent = 0
      node.received = 0
    }
  }

  told() {
    const unit = lookedSeconds * 1_024
    return { sentKb: this.#sent / unit, receivedKb: this.#received / unit, meanKb: this.#all / this.#looks / unit }
  }
}
