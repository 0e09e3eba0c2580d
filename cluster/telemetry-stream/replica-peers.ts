// Keeps the aggregators that were heard, and the partitions that each announced. Ages are measured by this node's
// clock.
import type { Clock } from '../../shared/clock.ts'
import { Beats } from '../../shared/telemetry/beats.ts'
import { decodeKeeping, type KeepingMessage, type KeptPartition } from '../../shared/telemetry/keeping-message.ts'
import { type Bus, type Subscription, subjects } from '../bus/bus.ts'

export interface Heard extends KeepingMessage {
  ageMs: number
}

/** A peer is alive for this long after its last message: it has then missed three. */
export const aliveMs = 3_000
/** A peer is forgotten after this silence. */
const rememberedMs = 600_000
const nodesMax = 256

export class ReplicaPeers {
  readonly #clock: Clock
  readonly #heard = new Map<string, { message: KeepingMessage; atMs: number }>()
  readonly #beats = new Beats()
  readonly #subscription: Subscription
  readonly #onHeard: (message: KeepingMessage) => void

  constructor(bus: Bus, clock: Clock, onHeard: (message: KeepingMessage) => void = () => {}) {
    this.#clock = clock
    this.#onHeard = onHeard
    this.#subscription = bus.subscribe(subjects.keeping, (payload) => this.#hear(payload))
  }

  stop(): void {
    this.#subscription.stop()
  }

  /** Returns the peers that were heard lately. */
  alive(): Heard[] {
    return this.all().filter(({ ageMs }) => ageMs < aliveMs)
  }

  /** Returns all known peers, including silent ones. */
  all(): Heard[] {
    const nowMs = this.#clock.monotonicMs()
    const heard: Heard[] = []
    for (const [node, { message, atMs }] of this.#heard) {
      if (nowMs - atMs > rememberedMs) this.#heard.delete(node)
      else heard.push({ ...message, ageMs: nowMs - atMs })
    }
    return heard
  }

  #hear(payload: Uint8Array): void {
    const message = decodeKeeping(payload)
    if (message === undefined) return
    const { node, boot, count } = message
    if (count !== undefined && !this.#beats.isNews(node, { boot, count })) return
    if (this.#heard.size >= nodesMax && !this.#heard.has(message.node)) return
    this.#heard.set(message.node, { message, atMs: this.#clock.monotonicMs() })
    this.#onHeard(message)
  }
}

export function keptBy(message: KeepingMessage, partition: number): KeptPartition | undefined {
  return message.partitions.find((kept) => kept.partition === partition)
}
