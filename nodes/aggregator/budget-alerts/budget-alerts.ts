// Looks for alerts of budgets, keeps them, and tells webhooks of them. Only the publisher looks and sends; every aggregator keeps what the
// publisher says, so that the next one tells nobody twice without need.
import type { LedgerList } from '../../../cluster/budgets/bus-register.ts'
import type { Clock } from '../../../shared/clock.ts'
import type { ConfigState } from '../../../shared/config/state.ts'
import type { BudgetAlertEvent } from '../../../shared/telemetry/slo-state.ts'
import { EventLog } from '../webhooks/event-log.ts'
import type { Outbox, Receiver } from '../webhooks/outbox.ts'
import { type OpenSecret, webhookOf } from '../webhooks/webhook-of.ts'
import { messageOfBudget } from './budget-message.ts'
import { passedThresholds, type WatchedBudget, watchedBudgets } from './passed-thresholds.ts'

/** All alerts of all budgets in their present and their last windows, and more. */
const eventsMax = 32_768
const lookMs = 5_000

export interface BudgetAlertsOptions {
  readonly log: EventLog<BudgetAlertEvent>
  readonly outbox: Pick<Outbox<BudgetAlertEvent>, 'configure' | 'send'>
  readonly clock: Clock
  readonly openSecret: OpenSecret
  ledgers(): Promise<LedgerList>
}

export function budgetAlertLog(): EventLog<BudgetAlertEvent> {
  return new EventLog<BudgetAlertEvent>('budgetAlert', eventsMax)
}

export class BudgetAlerts {
  readonly #options: BudgetAlertsOptions
  #watched: ReadonlyMap<string, WatchedBudget> = new Map()
  #isLooking = false
  #nextLookMs = 0

  constructor(options: BudgetAlertsOptions) {
    this.#options = options
  }

  configure({ resources }: ConfigState): void {
    const { outbox, openSecret } = this.#options
    this.#watched = watchedBudgets(resources.budgets)
    const receivers = new Map<string, Receiver<BudgetAlertEvent>>()
    for (const { name, spec } of this.#watched.values()) {
      const webhook = webhookOf(spec.webhook, openSecret)
      if (webhook !== undefined) receivers.set(name, { webhook, message: (event) => messageOfBudget(event, spec) })
    }
    outbox.configure(receivers)
  }

  /** Each second, by the publisher. */
  tick(): void {
    const { clock, outbox } = this.#options
    outbox.send()
    if (this.#watched.size === 0 || this.#isLooking || clock.monotonicMs() < this.#nextLookMs) return
    this.#nextLookMs = clock.monotonicMs() + lookMs
    void this.look()
  }

  /** A register that does not answer is asked again: it keeps what was passed. */
  async look(): Promise<void> {
    const { ledgers, log, clock } = this.#options
    this.#isLooking = true
    try {
      const found = await ledgers()
      if (!found.ok) return
      for (const event of passedThresholds(found.value, this.#watched, clock.wallMs())) {
        if (!log.has(event.id)) log.put(event)
      }
    } finally {
      this.#isLooking = false
    }
  }
}
