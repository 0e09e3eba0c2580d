// Objectives and weights, put together: what is counted with every record, what owners of partitions say each second, and
// what the publisher makes of it. It learns the configuration from whoever follows the log.
import type { LedgerList } from '../../../cluster/budgets/bus-register.ts'
import { type Bus, encodeJson, subjects } from '../../../cluster/bus/bus.ts'
import type { Chance, Clock } from '../../../shared/clock.ts'
import type { ConfigState } from '../../../shared/config/state.ts'
import type { Notify } from '../../../shared/notice.ts'
import { type AlertEvent, type BudgetAlertEvent, decodeSloState } from '../../../shared/telemetry/slo-state.ts'
import { decodeWeights } from '../../../shared/telemetry/weights.ts'
import { BudgetAlerts, budgetAlertLog } from '../budget-alerts/budget-alerts.ts'
import { AlertLog } from '../slo/alert-log.ts'
import { alertMessage } from '../slo/alert-message.ts'
import { compileObjectives, type Objective } from '../slo/objective.ts'
import { SloTally } from '../slo/slo-tally.ts'
import type { Tally } from '../transactional-sum.ts'
import { Outbox, type Receiver } from '../webhooks/outbox.ts'
import { webhookClient } from '../webhooks/webhook-client.ts'
import { type OpenSecret, webhookOf } from '../webhooks/webhook-of.ts'
import { wantedByBurn } from '../weights/multiplier.ts'
import { TargetTally, targetsOf } from '../weights/target-tally.ts'
import { decodePartial, encodePartial, type Owned, partialOf } from './partial.ts'
import { PartialBook } from './partial-book.ts'
import { Publisher, type WeightFactor } from './publisher.ts'

export interface PublishingOptions {
  node: string
  bus: Bus
  clock: Clock
  chance: Chance
  notify: Notify
  egressStrict: boolean
  openSecret: OpenSecret
  /** What is spent of all budgets, as their register has it. */
  ledgers: () => Promise<LedgerList>
  /** Partitions whose owner this node is now, with the epoch of their leases. */
  owned: () => readonly Owned[]
  /** Epoch of the lease `publisher` while this node holds it. */
  publisherEpoch: () => number | undefined
}

export interface Publishing {
  /** Sums that are committed together with usage. */
  readonly tallies: readonly Tally[]
  /** Must be called with each new configuration. */
  configure(state: ConfigState): void
  stop(): void
}

const periodMs = 1_000

export function startPublishing(options: PublishingOptions): Publishing {
  const { node, bus, clock, chance, notify, egressStrict } = options
  const slo = new SloTally(clock)
  const targets = new TargetTally(clock)
  const log = new AlertLog()
  const book = new PartialBook(clock)
  const sending = { clock, chance, notify, deliver: webhookClient({ egressStrict, clock }) }
  const outbox = new Outbox<AlertEvent>({ ...sending, kind: 'slos', nameOf: ({ slo }) => slo, log })
  const budgetLog = budgetAlertLog()
  const nameOf = ({ budget }: BudgetAlertEvent) => budget
  const budgetOutbox = new Outbox<BudgetAlertEvent>({ ...sending, kind: 'budgets', nameOf, log: budgetLog })
  const budgets = new BudgetAlerts({ ...options, log: budgetLog, outbox: budgetOutbox })
  let objectives: readonly Objective[] = []
  const publisher = new Publisher({
    node,
    book,
    log,
    budgetLog,
    clock,
    notify,
    epoch: options.publisherEpoch,
    factors: [burnFactor(() => objectives)],
    publish({ state, weights }) {
      bus.publish(subjects.sloState, encodeJson(state))
      bus.publish(subjects.weights, encodeJson(weights))
    },
  })
  const listening = [
    bus.subscribe(subjects.sloPartial, (payload) => hear(decodePartial(payload), (partial) => book.hear(partial))),
    bus.subscribe(subjects.sloState, (payload) => hear(decodeSloState(payload), (said) => publisher.hearState(said))),
    bus.subscribe(subjects.weights, (payload) => hear(decodeWeights(payload), (said) => publisher.hearWeights(said))),
  ]
  let count = 0
  const timer = clock.every(periodMs, () => {
    count++
    for (const owned of options.owned()) {
      const partial = partialOf({ ...owned, count }, slo, targets, clock.wallMs())
      book.hear(partial)
      bus.publish(subjects.sloPartial, encodePartial(partial))
    }
    if (!publisher.tick()) return
    outbox.send()
    budgets.tick()
  })
  return {
    tallies: [slo, targets, log, budgetLog],
    configure(state) {
      objectives = compileObjectives(state.resources.slos)
      const names = targetsOf(state)
      slo.setObjectives(objectives)
      targets.configure(names, objectives)
      publisher.configure(objectives, names)
      budgets.configure(state)
      outbox.configure(receiversOf(state, objectives, options.openSecret))
    },
    stop() {
      timer.cancel()
      for (const subscription of listening) subscription.stop()
    },
  }
}

function hear<Message>(message: Message | undefined, take: (message: Message) => void): void {
  if (message !== undefined) take(message)
}

/** What the objective that a target burns fastest asks for. */
function burnFactor(objectives: () => readonly Objective[]): WeightFactor {
  return {
    name: 'slo',
    wanted({ counts }) {
      let least = 1
      for (const { series, target } of objectives()) {
        const seen = counts[series]
        if (seen !== undefined) least = Math.min(least, wantedByBurn(seen, target))
      }
      return least
    },
  }
}

function receiversOf(
  state: ConfigState,
  objectives: readonly Objective[],
  openSecret: PublishingOptions['openSecret'],
): Map<string, Receiver<AlertEvent>> {
  const receivers = new Map<string, Receiver<AlertEvent>>()
  for (const objective of objectives) {
    const webhook = webhookOf(state.resources.slos.get(objective.name)?.spec.webhook, openSecret)
    if (webhook !== undefined)
      receivers.set(objective.name, { webhook, message: (event) => alertMessage(event, objective) })
  }
  return receivers
}
