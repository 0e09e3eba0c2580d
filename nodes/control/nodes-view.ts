// Who is there: the last heartbeat of every node, and who has applied which revision. Nodes come and go without telling;
// one that has been silent for a while is shown with its age, then dropped.
import { type Bus, decodeJson, type Subscription, subjects } from '../../cluster/bus/bus.ts'
import { decodeHeartbeat } from '../../cluster/membership/decode-heartbeat.ts'
import type { Clock } from '../../shared/clock.ts'
import { Beats, beatIn } from '../../shared/telemetry/beats.ts'
import type { NodeHeartbeat, NodeRole } from '../../shared/telemetry/records.ts'

const silentMsMax = 60_000
const presentMsMax = 5_000
const nodesMax = 10_000

export interface SeenNode extends NodeHeartbeat {
  ageMs: number
}

interface Waiting {
  node: string
  revision: number
  done: () => void
}

export class NodesView {
  readonly #clock: Clock
  readonly #subscriptions: Subscription[]
  readonly #seen = new Map<string, { heartbeat: NodeHeartbeat; atMs: number }>()
  readonly #beats = new Beats()
  readonly #applied = new Map<string, number>()
  readonly #waiting = new Set<Waiting>()

  constructor(clock: Clock, bus: Bus) {
    this.#clock = clock
    this.#subscriptions = [
      bus.subscribe(subjects.heartbeat, (payload) => {
        const heartbeat = decodeHeartbeat(payload)
        if (heartbeat !== undefined) this.#onHeartbeat(heartbeat)
      }),
      bus.subscribe(subjects.configApplied, (payload) => {
        const { node, revision, hash } = decodeJson(payload) as { node: string; revision: number; hash: string }
        this.#moveOn(node, revision, hash)
        this.#onApplied(node, revision)
      }),
    ]
  }

  /** The nodes, sorted by name, then role: one process may run several roles under one name. */
  list(): SeenNode[] {
    const nowMs = this.#clock.monotonicMs()
    const nodes: SeenNode[] = []
    for (const [key, { heartbeat, atMs }] of this.#seen) {
      if (nowMs - atMs > silentMsMax) this.#seen.delete(key)
      else nodes.push({ ...heartbeat, ageMs: Math.round(nowMs - atMs) })
    }
    return nodes.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
  }

  /** Nodes with a recent heartbeat. The state of silent nodes may have changed. */
  present(): SeenNode[] {
    return this.list().filter(({ ageMs }) => ageMs <= presentMsMax)
  }

  isPresent(roles: readonly NodeRole[]): boolean {
    return this.present().some(({ role }) => roles.includes(role))
  }

  isDraining(name: string): boolean {
    return this.list().some(({ node, draining }) => node === name && draining)
  }

  /** Resolves once `node` has applied `revision`, or after `timeoutMs`; at once when `node` was never heard of, because
   *  then it serves nobody yet. */
  async applied(wanted: { node: string; revision: number; timeoutMs: number }): Promise<void> {
    const applied = this.#applied.get(wanted.node)
    if (applied === undefined || applied >= wanted.revision) return
    await new Promise<void>((resolve) => {
      const done = () => {
        timer.cancel()
        this.#waiting.delete(waiting)
        resolve()
      }
      const timer = this.#clock.after(wanted.timeoutMs, done)
      const waiting = { node: wanted.node, revision: wanted.revision, done }
      this.#waiting.add(waiting)
    })
  }

  stop(): void {
    for (const subscription of this.#subscriptions) subscription.stop()
    for (const waiting of [...this.#waiting]) waiting.done()
  }

  #onHeartbeat(heartbeat: NodeHeartbeat): void {
    const key = keyOf(heartbeat)
    if (!this.#beats.isNews(key, beatIn(heartbeat.beat))) return
    if (!this.#seen.has(key) && this.#seen.size >= nodesMax) return
    this.#seen.set(key, { heartbeat, atMs: this.#clock.monotonicMs() })
    if (heartbeat.role !== 'control') this.#onApplied(heartbeat.node, heartbeat.revision)
  }

  /** Notes the revision that a node has just applied, because its last heartbeat may be a second old. */
  #moveOn(node: string, revision: number, hash: string): void {
    for (const [key, seen] of this.#seen) {
      const { heartbeat } = seen
      if (heartbeat.node !== node || heartbeat.revision >= revision) continue
      this.#seen.set(key, { ...seen, heartbeat: { ...heartbeat, revision, hash } })
    }
  }

  #onApplied(node: string, revision: number): void {
    if (!this.#applied.has(node) && this.#applied.size >= nodesMax) return
    this.#applied.set(node, Math.max(revision, this.#applied.get(node) ?? 0))
    for (const waiting of [...this.#waiting]) {
      if (waiting.node === node && waiting.revision <= revision) waiting.done()
    }
  }
}

function keyOf(heartbeat: NodeHeartbeat): string {
  return `${heartbeat.node}/${heartbeat.role}`
}
