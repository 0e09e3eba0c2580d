// Whether a cluster is just beginning. A stream that is not there is made by a node that never held anything, and only when
// no other node holds anything either: made at any other time it would begin a second history beside the first.
import type { Clock } from '../../shared/clock.ts'
import { type Bus, type Subscription, subjects } from '../bus/bus.ts'
import type { NatsLink } from '../nats/nats-link.ts'
import { decodeHeartbeat } from './decode-heartbeat.ts'

export interface FirstBootOptions {
  readonly bus: Bus
  readonly link: Pick<NatsLink, 'status'>
  readonly clock: Clock
  /** This node has never stored an event: neither its copy nor its high-water mark says so. */
  readonly isNew: boolean
}

/** Every node beats each second: whoever is there has been heard by then. */
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

  /** Asked again and again; true at the earliest when this node has listened long enough without a break. */
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
