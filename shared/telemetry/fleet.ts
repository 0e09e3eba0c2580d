// The latest heartbeat of each node, and the state of the targets over all nodes.

import { bounds } from '../bounds.ts'
import type { Clock } from '../clock.ts'
import { Beats, beatIn } from './beats.ts'
import type { NodeHeartbeat, TargetLoad } from './records.ts'

const silentMsMax = 10 * bounds.heartbeatMs
const nodesMax = 1_000

const healthRank = { healthy: 0, degraded: 1, ejected: 2 } as const

export class Fleet {
  readonly #clock: Clock
  readonly #beats = new Beats()
  readonly #nodes = new Map<string, { heartbeat: NodeHeartbeat; seenMs: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  hear(heartbeat: NodeHeartbeat): void {
    this.#forgetSilent()
    if (!this.#beats.isNews(`${heartbeat.node}/${heartbeat.role}`, beatIn(heartbeat.beat))) return
    if (this.#nodes.size >= nodesMax && !this.#nodes.has(heartbeat.node)) return
    this.#nodes.set(heartbeat.node, { heartbeat, seenMs: this.#clock.monotonicMs() })
  }

  /** The heartbeats of nodes that were heard lately. */
  heartbeats(): NodeHeartbeat[] {
    this.#forgetSilent()
    return [...this.#nodes.values()].map(({ heartbeat }) => heartbeat)
  }

  /** Merges the targets of all nodes: sum of requests in flight, worst health, mean of weights and shares. */
  targets(): TargetLoad[] {
    const merged = new Map<string, { load: TargetLoad; nodes: number }>()
    for (const load of this.heartbeats().flatMap(({ targets = [] }) => targets)) {
      const key = JSON.stringify([load.model, load.provider, load.target])
      const known = merged.get(key)
      if (known === undefined) merged.set(key, { load: { ...load }, nodes: 1 })
      else {
        known.load.inFlight += load.inFlight
        known.load.weight += load.weight
        known.nodes++
        const shares = [known.load.share, load.share].filter((share) => share !== undefined)
        if (shares.length > 0) known.load.share = sumOf(shares)
        if (healthRank[load.health] > healthRank[known.load.health]) known.load.health = load.health
      }
    }
    return [...merged.values()].map(({ load, nodes }) => ({
      ...load,
      weight: load.weight / nodes,
      ...(load.share === undefined
        ? {}
        : { share: { stream: load.share.stream / nodes, whole: load.share.whole / nodes } }),
    }))
  }

  #forgetSilent(): void {
    const oldestMs = this.#clock.monotonicMs() - silentMsMax
    for (const [node, { seenMs }] of this.#nodes) if (seenMs < oldestMs) this.#nodes.delete(node)
  }
}

/** A node without latency routing counts as a share of 0. */
function sumOf(shares: readonly NonNullable<TargetLoad['share']>[]): NonNullable<TargetLoad['share']> {
  const sum = { stream: 0, whole: 0 }
  for (const { stream, whole } of shares) {
    sum.stream += stream
    sum.whole += whole
  }
  return sum
}
