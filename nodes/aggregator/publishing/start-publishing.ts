// Objectives and weights, put together: what is counted with every record, what owners of partitions say each second, and
// what the publisher makes of it. It learns the configuration from whoever follows the log.
import { type Bus, encodeJson, subjects } from '../../../cluster/bus/bus.ts'
import type { Chance, Clock } from '../../../shared/clock.ts'
import type { SloSpec } from '../../../shared/config/kinds/slos/spec.ts'
import type { SealedSecret } from '../../../shared/config/sealed-secret.ts'
import type { ConfigState } from '../../../shared/config/state.ts'
import type { Notify } from '../../../shared/notice.ts'
import { decodeSloState } from '../../../shared/telemetry/slo-state.ts'
import { decodeWeights } from '../../../shared/telemetry/weights.ts'
import { AlertLog } from '../slo/alert-log.ts'
import { compileObjectives, type Objective } from '../slo/objective.ts'
import { Outbox, type Webhook } from '../slo/outbox.ts'
import { SloTally } from '../slo/slo-tally.ts'
import { webhookClient } from '../slo/webhook-client.ts'
import type { Tally } from '../transactional-sum.ts'
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
  openSecret: (secret: SealedSecret) => string | undefined
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
  const outbox = new Outbox({ log, clock, chance, notify, deliver: webhookClient({ egressStrict, clock }) })
  let objectives: readonly Objective[] = []
  const publisher = new Publisher({
    node,
    book,
    log,
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
    if (publisher.tick()) outbox.send()
  })
  return {
    tallies: [slo, targets, log],
    configure(state) {
      objectives = compileObjectives(state.resources.slos)
      const names = targetsOf(state)
      slo.setObjectives(objectives)
      targets.configure(names, objectives)
      publisher.configure(objectives, names)
      outbox.configure(webhooksOf(state, objectives, options.openSecret))
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

function webhooksOf(
  state: ConfigState,
  objectives: readonly Objective[],
  openSecret: PublishingOptions['openSecret'],
): Map<string, { webhook: Webhook; objective: Objective }> {
  const webhooks = new Map<string, { webhook: Webhook; objective: Objective }>()
  for (const objective of objectives) {
    const webhook = webhookOf(state.resources.slos.get(objective.name)?.spec.webhook, openSecret)
    if (webhook !== undefined) webhooks.set(objective.name, { webhook, objective })
  }
  return webhooks
}

function webhookOf(spec: SloSpec['webhook'], openSecret: PublishingOptions['openSecret']): Webhook | undefined {
  if (spec === undefined) return undefined
  if (typeof spec === 'string') return { url: spec, allowPrivate: false, secret: () => undefined }
  const { url, allowPrivate = false } = spec
  return {
    url,
    allowPrivate,
    secret() {
      const secret = openSecret(spec.secret)
      // Whoever relies on signatures must not be taught to take messages without one.
      if (secret === undefined) throw new Error('its secret cannot be opened on this node')
      return secret
    },
  }
}
