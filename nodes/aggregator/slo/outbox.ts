// Tells webhooks of alert events, at least once: what failed is tried again with growing pauses, for a day. Events of one
// objective go in their order; what is under way or waits is bounded by the log of alerts. Only the publisher sends; what
// it could not send any more, the next one does.
import type { Chance, Clock } from '../../../shared/clock.ts'
import type { Notify } from '../../../shared/notice.ts'
import type { AlertEvent } from '../../../shared/telemetry/slo-state.ts'
import type { AlertLog } from './alert-log.ts'
import type { Objective } from './objective.ts'
import type { Deliver, WebhookTarget } from './webhook-client.ts'
import { webhookMessage } from './webhook-message.ts'

export interface Webhook extends WebhookTarget {
  /** The signing secret; undefined leaves messages unsigned. Throws when its data key is not on this node. */
  secret(): string | undefined
}

export interface OutboxOptions {
  log: AlertLog
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

export class Outbox {
  readonly #options: OutboxOptions
  #webhooks: ReadonlyMap<string, { webhook: Webhook; objective: Objective }> = new Map()
  readonly #tries = new Map<string, Try>()
  /** Objectives of which a message is under way. */
  readonly #underWay = new Set<string>()

  constructor(options: OutboxOptions) {
    this.#options = options
  }

  /** Replaces the webhooks; the map is keyed by objective. */
  configure(webhooks: ReadonlyMap<string, { webhook: Webhook; objective: Objective }>): void {
    this.#webhooks = webhooks
  }

  /** Each second, by the publisher. */
  send(): void {
    const { log, clock } = this.#options
    const looked = new Set<string>()
    for (const event of log.waiting()) {
      if (looked.has(event.slo)) continue // an earlier event of the same objective waits
      looked.add(event.slo)
      const known = this.#webhooks.get(event.slo)
      if (known === undefined) log.mark(event.id, 'none')
      else if (clock.wallMs() - event.atMs > givenUpMs) this.#giveUp(event, known.webhook)
      else if (this.#isDue(event)) void this.#try(event, known)
    }
    for (const id of this.#tries.keys()) if (!log.waiting().some((event) => event.id === id)) this.#tries.delete(id)
  }

  #isDue({ id, slo }: AlertEvent): boolean {
    if (this.#underWay.has(slo) || this.#underWay.size >= underWayMax) return false
    return (this.#tries.get(id)?.dueMs ?? 0) <= this.#options.clock.monotonicMs()
  }

  async #try(event: AlertEvent, { webhook, objective }: { webhook: Webhook; objective: Objective }): Promise<void> {
    const { deliver, log, clock } = this.#options
    this.#underWay.add(event.slo)
    try {
      const message = webhookMessage(event, objective, webhook.secret(), clock.wallMs())
      const sent = await deliver(webhook, message)
      if (sent.ok) log.mark(event.id, 'delivered')
      else this.#onFailure(event, webhook, sent.error)
    } catch (error) {
      this.#onFailure(event, webhook, error instanceof Error ? error.message : 'unknown')
    } finally {
      this.#underWay.delete(event.slo)
    }
  }

  #onFailure(event: AlertEvent, webhook: Webhook, problem: string): void {
    const { clock, chance } = this.#options
    const failures = (this.#tries.get(event.id)?.failures ?? 0) + 1
    const pauseMs = Math.min(pauseMsMax, pauseMsMin * 2 ** (failures - 1))
    // The delay is between half and the whole pause, so that a recovered receiver is not called by all senders at once.
    this.#tries.set(event.id, { failures, dueMs: clock.monotonicMs() + pauseMs * (0.5 + chance() / 2) })
    if (failures === 1) this.#tell(event, webhook, problem, false)
  }

  #giveUp(event: AlertEvent, webhook: Webhook): void {
    this.#options.log.mark(event.id, 'given-up')
    this.#tell(event, webhook, 'it could not be told for a day', true)
  }

  #tell({ slo }: AlertEvent, { url }: Webhook, problem: string, givenUp: boolean): void {
    this.#options.notify({ type: 'webhook-failed', slo, origin: new URL(url).origin, problem, givenUp })
  }
}
