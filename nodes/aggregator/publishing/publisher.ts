// Whoever holds the lease of the publisher merges what the owners of partitions say, judges the objectives, works out the
// weights, and says both each second. Everybody else listens, so that the next publisher goes on where this one was: with
// the same alerts under the same ids, and from the same multipliers.
import type { Clock } from '../../../shared/clock.ts'
import type { Notify } from '../../../shared/notice.ts'
import type { ActiveAlert, AlertEvent, BudgetAlertEvent, SloState } from '../../../shared/telemetry/slo-state.ts'
import type { TargetWeight, WeightsMessage } from '../../../shared/telemetry/weights.ts'
import type { AlertLog } from '../slo/alert-log.ts'
import { endOf, evaluate } from '../slo/evaluate.ts'
import type { Objective } from '../slo/objective.ts'
import type { EventLog } from '../webhooks/event-log.ts'
import { stepTowards } from '../weights/multiplier.ts'
import { keyOf, type TargetFacts, type TargetName } from '../weights/target-tally.ts'
import type { PartialBook } from './partial-book.ts'

/** A factor of a target's share besides its speed. */
export interface WeightFactor {
  readonly name: string
  /** 1 is neutral. */
  wanted(facts: TargetFacts): number
}

export interface PublisherOptions {
  node: string
  /** Epoch of the lease while this node holds it. A later holder has a higher epoch. */
  epoch: () => number | undefined
  book: PartialBook
  log: AlertLog
  budgetLog: EventLog<BudgetAlertEvent>
  factors: readonly WeightFactor[]
  clock: Clock
  notify: Notify
  publish: (said: { state: SloState; weights: WeightsMessage }) => void
}

/** Events that are said again each second: more than come to be in the time in which one could be missed. */
const eventsSaidMax = 50

export class Publisher {
  readonly #options: PublisherOptions
  #objectives: readonly Objective[] = []
  #targets: readonly TargetName[] = []
  #epoch: number | undefined
  #revision = 0
  #alerts = new Map<string, readonly ActiveAlert[]>()
  #multipliers = new Map<string, number>()
  /** The last published state, whoever the publisher was. */
  #state: SloState | undefined
  #weights: WeightsMessage | undefined

  constructor(options: PublisherOptions) {
    this.#options = options
  }

  configure(objectives: readonly Objective[], targets: readonly TargetName[]): void {
    this.#objectives = objectives
    this.#targets = targets
  }

  /** Hears another publisher; one with a lower epoch has not noticed yet that it no longer is one. */
  hearState(state: SloState): void {
    if (isOlder(state, this.#state) || state.publisher === this.#options.node) return
    this.#state = state
    const { log, budgetLog } = this.#options
    for (const event of state.events) log.put(event)
    for (const event of state.budgetEvents ?? []) budgetLog.put(event)
  }

  hearWeights(weights: WeightsMessage): void {
    if (isOlder(weights, this.#weights) || weights.publisher === this.#options.node) return
    this.#weights = weights
  }

  /** Each second. Answers whether this node is the publisher. */
  tick(): boolean {
    const epoch = this.#options.epoch()
    if (epoch === undefined) {
      this.#epoch = undefined
      return false
    }
    if (epoch !== this.#epoch) this.#begin(epoch)
    this.#revision++
    this.#judge(epoch)
    this.#weigh(epoch)
    this.#options.publish({ state: this.#state!, weights: this.#weights! })
    return true
  }

  /** A new epoch begins with the last publisher's alerts and weights, or with the alerts of this node's own log. */
  #begin(epoch: number): void {
    this.#epoch = epoch
    this.#revision = 0
    const { log, clock } = this.#options
    this.#alerts = log.active(clock.wallMs())
    for (const { name, alerts } of this.#state?.objectives ?? []) this.#alerts.set(name, alerts)
    this.#multipliers = new Map(this.#weights?.targets.map((target) => [keyOf(target), target.multiplier]))
  }

  #judge(epoch: number): void {
    const { book, clock, node, log, budgetLog } = this.#options
    const nowMs = clock.wallMs()
    const before = this.#alerts
    this.#alerts = new Map()
    const objectives = this.#objectives.map((objective) => {
      const { name, series } = objective
      const sums = new Map<number, ReturnType<PartialBook['sum']>>()
      const sum = (windowMs: number) => {
        const known = sums.get(windowMs) ?? book.sum(series, windowMs)
        sums.set(windowMs, known)
        return known
      }
      const { state, events } = evaluate(objective, sum, { active: before.get(name) ?? [], nowMs })
      this.#alerts.set(name, state.alerts)
      for (const event of events) this.#happen(event)
      return state
    })
    for (const [name, alerts] of before) {
      if (!this.#alerts.has(name)) for (const alert of alerts) this.#happen(endOf(alert, name, nowMs))
    }
    this.#state = {
      publisher: node,
      epoch,
      revision: this.#revision,
      atMs: nowMs,
      silentPartitions: book.silent(),
      objectives,
      events: log.events().slice(-eventsSaidMax),
      budgetEvents: budgetLog.events().slice(-eventsSaidMax),
    }
  }

  #happen(event: AlertEvent): void {
    const { log, notify } = this.#options
    log.put(event)
    const { slo, severity, type: state, factor } = event
    notify({ type: 'slo-alert', slo, severity, state, factor })
  }

  #weigh(epoch: number): void {
    const { book, clock, node } = this.#options
    const merged = book.targets()
    const multipliers = new Map<string, number>()
    const targets = this.#targets.map((name): TargetWeight => {
      const facts = merged.get(keyOf(name)) ?? { ...name, ...nothingKnown }
      const factors = this.#options.factors.map((factor): [string, number] => [
        factor.name,
        rounded(factor.wanted(facts)),
      ])
      const wanted = factors.reduce((product, [, value]) => product * value, 1)
      const multiplier = stepTowards(this.#multipliers.get(keyOf(name)) ?? 1, wanted)
      multipliers.set(keyOf(name), multiplier)
      const { model, provider, target, firstUs, firstCount, tokenUs, tokenCount } = facts
      const known = { firstUs, firstCount, tokenUs, tokenCount }
      return {
        model,
        provider,
        target,
        ...known,
        multiplier: rounded(multiplier),
        factors: Object.fromEntries(factors),
      }
    })
    this.#multipliers = multipliers
    this.#weights = { publisher: node, epoch, revision: this.#revision, atMs: clock.wallMs(), targets }
  }
}

function rounded(value: number): number {
  return Math.round(value * 1e4) / 1e4
}

const nothingKnown = { firstUs: 0, firstCount: 0, tokenUs: 0, tokenCount: 0, counts: {} }

interface Said {
  readonly epoch: number
  readonly revision: number
}

function isOlder(said: Said, known: Said | undefined): boolean {
  if (known === undefined) return false
  return said.epoch < known.epoch || (said.epoch === known.epoch && said.revision <= known.revision)
}
