// Decides whether a cluster is new. A missing stream is created by a node that never held anything, and only when no
// other node holds anything either: created at any other time it would begin a second history beside the first.
import type { Clock } from '../../shared/clock.ts'
import { type Bus, type Subscription, subjects } from '../bus/bus.ts'
import type { NatsLink } from '../nats/nats-link.ts'
import { decodeHeartbeat } from './decode-heartbeat.ts'

export interface FirstBootOptions {
  readonly bus: Bus
  readonly link: Pick<NatsLink, 'status'>
  readonly clock: Clock
  /** True when this node has never stored an event, by its copy and by its high-water mark. */
  readonly isNew: boolean
}

/** The time to listen for other nodes. Every node sends a heartbeat each second, so all that are there have been heard
 *  by then. */
const listenMs = 2_500

export class FirstBoot {
  readonly #options: FirstBootOptions
  readonly #subscription: Subscription
  #others = false
  #listeningSinceMs: number | undefined

  constructor(options: FirstBootOptions) {
    this.#options = options
    this.#subscription = options.bus.subscribe(subjects.heartbeat, (payload) => {
      if ((decodeHeartbeat(payload)?.revision ?? 0) > 0) this.#others = true
    })
  }

  /** Returns true once this node has listened for long enough without a break. Callers poll it. */
  mayBegin(): boolean {
    const { isNew, link, clock } = this.#options
    if (!isNew || this.#others) return false
    const nowMs = clock.monotonicMs()
    if (!link.status.isConnected) this.#listeningSinceMs = undefined
    else this.#listeningSinceMs ??= nowMs - link.status.forMs
    return this.#listeningSinceMs !== undefined && nowMs - this.#listeningSinceMs >= listenMs
  }

  stop(): void {
    this.#subscription.stop()
  }
}
