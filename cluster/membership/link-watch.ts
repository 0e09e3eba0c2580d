// Keeps the last state that the thread with the connection to NATS published, for the thread that sends the heartbeats.

import { bounds } from '../../shared/bounds.ts'
import type { Clock } from '../../shared/clock.ts'
import type { LinkState } from '../../shared/telemetry/records.ts'
import { type Bus, decodeJson, type Subscription, subjects } from '../bus/bus.ts'

/** The silence after which the thread counts as gone and its last state as outdated. */
const silentMsMax = 5 * bounds.heartbeatMs

export class LinkWatch {
  readonly #clock: Clock
  readonly #subscription: Subscription
  #heard: { state: LinkState; atMs: number } | undefined

  constructor(bus: Bus, clock: Clock) {
    this.#clock = clock
    this.#subscription = bus.subscribe(subjects.linkState, (payload) => {
      this.#heard = { state: decodeJson(payload) as LinkState, atMs: clock.monotonicMs() }
    })
  }

  /** The link's last state; undefined when there is no such thread, or it has gone silent. */
  get state(): LinkState | undefined {
    if (this.#heard === undefined || this.#clock.monotonicMs() - this.#heard.atMs > silentMsMax) return undefined
    return this.#heard.state
  }

  stop(): void {
    this.#subscription.stop()
  }
}
