// Keeps the last message of the publisher of objectives and weights, for the parts that show it. The message of a
// silent publisher is shown with its age; the next publisher, with a higher epoch, replaces it.
import type { Clock } from '../../shared/clock.ts'
import { decodeSloState, type SloState } from '../../shared/telemetry/slo-state.ts'
import { decodeWeights, type WeightsMessage } from '../../shared/telemetry/weights.ts'
import { type Bus, type Subscription, subjects } from '../bus/bus.ts'

export interface Said<Message> {
  readonly message: Message
  readonly ageMs: number
  /** True when the message is too old to count as current. */
  readonly isStale: boolean
}

/** The publisher sends each second; a takeover takes a few. */
const staleMs = 5_000
/** A publisher that was silent for this long is gone: the next message is accepted, whatever its epoch. */
const goneMs = 30_000

interface Heard<Message> {
  readonly message: Message
  readonly atMs: number
}

export class PublishedWatch {
  readonly #clock: Clock
  readonly #subscriptions: Subscription[]
  #state: Heard<SloState> | undefined
  #weights: Heard<WeightsMessage> | undefined

  constructor(bus: Bus, clock: Clock) {
    this.#clock = clock
    this.#subscriptions = [
      bus.subscribe(subjects.sloState, (payload) => {
        this.#state = this.#newer(decodeSloState(payload), this.#state)
      }),
      bus.subscribe(subjects.weights, (payload) => {
        this.#weights = this.#newer(decodeWeights(payload), this.#weights)
      }),
    ]
  }

  /** The newest published state of the objectives; undefined until a publisher was heard. */
  get state(): Said<SloState> | undefined {
    return this.#said(this.#state)
  }

  get weights(): Said<WeightsMessage> | undefined {
    return this.#said(this.#weights)
  }

  stop(): void {
    for (const subscription of this.#subscriptions) subscription.stop()
  }

  #newer<Message extends { epoch: number; revision: number }>(
    message: Message | undefined,
    known: Heard<Message> | undefined,
  ): Heard<Message> | undefined {
    if (message === undefined) return known
    const heard = { message, atMs: this.#clock.monotonicMs() }
    if (known === undefined || heard.atMs - known.atMs > goneMs) return heard
    const { epoch, revision } = known.message
    return message.epoch < epoch || (message.epoch === epoch && message.revision <= revision) ? known : heard
  }

  #said<Message>(heard: Heard<Message> | undefined): Said<Message> | undefined {
    if (heard === undefined) return undefined
    const ageMs = Math.round(this.#clock.monotonicMs() - heard.atMs)
    return { message: heard.message, ageMs, isStale: ageMs > staleMs }
  }
}
