// Tells webhooks of alert events, at least once: what failed is tried again with growing pauses, for a day. Events of one
// resource (an objective, a budget) go in their order; what is under way or waits is bounded by the log of alerts. Only the publisher sends; what
// it could not send any more, the next one does.
import type { Chance, Clock } from '../../../shared/clock.ts'
import type { Notify } from '../../../shared/notice.ts'
import type { EventLog, KeptEvent } from './event-log.ts'
import type { Deliver, WebhookTarget } from './webhook-client.ts'
import { webhookMessage } from './webhook-message.ts'

export interface Webhook extends WebhookTarget {
  /** The signing secret; undefined leaves messages unsigned. Throws when its data key is not on this node. */
  secret(): string | undefined
}

/** Who is told of the events of one resource, and what. */
export interface Receiver<Event> {
  readonly webhook: Webhook
  message(event: Event): { readonly id: string }
}

export interface OutboxOptions<Event extends KeptEvent> {
  kind: 'slos' | 'budgets'
  /** The name of the resource that an event is of. */
  nameOf(event: Event): string
  log: EventLog<Event>
  deliver: Deliver
  clock: Clock
  chance: Chance
  notify: Notify
}

const pauseMsMin = 1_000
const pauseMsMax = 300_000
const givenUpMs = 86_400_000
const underWayMax = 16

interface Try {
  failures: number
  dueMs: number
}

export class Outbox<Event extends KeptEvent> {
  readonly #options: OutboxOptions<Event>
  #receivers: ReadonlyMap<string, Receiver<Event>> = new Map()
  readonly #tries = new Map<string, Try>()
  /** Resources of which a message is under way. */
  readonly #underWay = new Set<string>()

  constructor(options: OutboxOptions<Event>) {
    this.#options = options
  }

  /** Replaces the receivers; the map is keyed by resource. */
  configure(receivers: ReadonlyMap<string, Receiver<Event>>): void {
    this.#receivers = receivers
  }

  /** Each second, by the publisher. */
  send(): void {
    const { log, clock, nameOf } = this.#options
    const looked = new Set<string>()
    for (const event of log.waiting()) {
      const name = nameOf(event)
      if (looked.has(name)) continue // an earlier event of the same resource waits
      looked.add(name)
      const known = this.#receivers.get(name)
      if (known === undefined) log.mark(event.id, 'none')
      else if (clock.wallMs() - event.atMs > givenUpMs) this.#giveUp(event, known.webhook)
      else if (this.#isDue(event)) void this.#try(event, known)
    }
    for (const id of this.#tries.keys()) if (!log.waiting().some((event) => event.id === id)) this.#tries.delete(id)
  }

  #isDue(event: Event): boolean {
    if (this.#underWay.has(this.#options.nameOf(event)) || this.#underWay.size >= underWayMax) return false
    return (this.#tries.get(event.id)?.dueMs ?? 0) <= this.#options.clock.monotonicMs()
  }

  async #try(event: Event, { webhook, message: told }: Receiver<Event>): Promise<void> {
    const { deliver, log, clock, nameOf } = this.#options
    const name = nameOf(event)
    this.#underWay.add(name)
    try {
      const message = webhookMessage(told(event), webhook.secret(), clock.wallMs())
      const sent = await deliver(webhook, message)
      if (sent.ok) log.mark(event.id, 'delivered')
      else this.#onFailure(event, webhook, sent.error)
    } catch (error) {
      this.#onFailure(event, webhook, error instanceof Error ? error.message : 'unknown')
    } finally {
      this.#underWay.delete(name)
    }
  }

  #onFailure(event: Event, webhook: Webhook, problem: string): void {
    const { clock, chance } = this.#options
    const failures = (this.#tries.get(event.id)?.failures ?? 0) + 1
    const pauseMs = Math.min(pauseMsMax, pauseMsMin * 2 ** (failures - 1))
    // The delay is between half and the whole pause, so that a recovered receiver is not called by all senders at once.
    this.#tries.set(event.id, { failures, dueMs: clock.monotonicMs() + pauseMs * (0.5 + chance() / 2) })
    if (failures === 1) this.#tell(event, webhook, problem, false)
  }

  #giveUp(event: Event, webhook: Webhook): void {
    this.#options.log.mark(event.id, 'given-up')
    this.#tell(event, webhook, 'it could not be told for a day', true)
  }

  #tell(event: Event, { url }: Webhook, problem: string, givenUp: boolean): void {
    const { kind, nameOf, notify } = this.#options
    notify({ type: 'webhook-failed', kind, name: nameOf(event), origin: new URL(url).origin, problem, givenUp })
  }
}
