// Keeps the newest revision that any node reports. A stream that ends before it has lost events, even when the node
// that reads the stream holds nothing more itself: a backup may have been restored on both.
import type { Clock } from '../../shared/clock.ts'
import { Beats, beatIn } from '../../shared/telemetry/beats.ts'
import { type Bus, type Subscription, subjects } from '../bus/bus.ts'
import { decodeHeartbeat } from './decode-heartbeat.ts'

/** A node without a heartbeat for this long is gone; its revision may have been given up with it. */
const freshMs = 10_000
const nodesMax = 1_024

export class RevisionsHeard {
  readonly #clock: Clock
  readonly #subscription: Subscription
  readonly #beats = new Beats()
  readonly #heard = new Map<string, { revision: number; atMs: number }>()

  constructor(bus: Bus, clock: Clock) {
    this.#clock = clock
    this.#subscription = bus.subscribe(subjects.heartbeat, (payload) => {
      const beat = decodeHeartbeat(payload)
      if (beat === undefined || !Number.isSafeInteger(beat.revision)) return
      if (!this.#beats.isNews(`${beat.node}/${beat.role}`, beatIn(beat.beat))) return
      if (this.#heard.size >= nodesMax && !this.#heard.has(beat.node)) return
      this.#heard.set(beat.node, { revision: beat.revision, atMs: clock.monotonicMs() })
    })
  }

  newest(): number {
    let newest = 0
    for (const [node, { revision, atMs }] of this.#heard) {
      if (this.#clock.monotonicMs() - atMs > freshMs) this.#heard.delete(node)
      else newest = Math.max(newest, revision)
    }
    return newest
  }

  stop(): void {
    this.#subscription.stop()
  }
}
