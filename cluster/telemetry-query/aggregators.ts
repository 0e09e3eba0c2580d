// Asks the aggregators and merges their answers. Without a cluster there is one aggregator, which answers for
// everything. In a cluster each aggregator announces every second which partitions it keeps; each partition is asked of
// the keeper that has most of it, and of the next one when that does not answer. Partitions without an answer are named
// with their age.
import type { Clock } from '../../shared/clock.ts'
import { done, fail, type Result } from '../../shared/result.ts'
import {
  type AnsweredPartition,
  type AnswerPart,
  decodePart,
  type PartAnswer,
} from '../../shared/telemetry/answers/answer-part.ts'
import { type Around, mergedAnswer, metricsAnswer } from '../../shared/telemetry/answers/merged-answer.ts'
import { Fleet } from '../../shared/telemetry/fleet.ts'
import type { KeptPartition } from '../../shared/telemetry/keeping-message.ts'
import { Measures } from '../../shared/telemetry/measures.ts'
import { partitionsCount } from '../../shared/telemetry/partition.ts'
import type { AggregatorQuestion } from '../../shared/telemetry/records.ts'
import { aggregatorQueryOf, type Bus, decodeJson, encodeJson, type Subscription, subjects } from '../bus/bus.ts'
import { decodeHeartbeat } from '../membership/decode-heartbeat.ts'
import type { PublishedWatch } from '../membership/published-watch.ts'
import { ReplicaPeers } from '../telemetry-stream/replica-peers.ts'
import { candidatesFor } from './choose-keepers.ts'
import { chosenMonths, lackingCloses, monthsOf } from './ledger-closes.ts'
import { type Look, MetricsTotals } from './metrics-totals.ts'

export interface AggregatorsOptions {
  bus: Bus
  clock: Clock
  published: PublishedWatch
  /** True when there may be several aggregators, each with a part of the whole. */
  isClustered: boolean
}

export interface StalePartition {
  partition: number
  /** The age of the answer; without an answer, the time since a keeper of the partition was heard. */
  ageMs: number
}

export type AskRefusal = { type: 'no-answer' } | { type: 'failed'; message: string }

const timeoutMs = 2_000
/** The second try asks other keepers. */
const triesMax = 2
/** All aggregators have announced themselves once within this time. */
const listenMs = 2_000
const lookMs = 50
/** Answers up to this age count as current. */
const freshMs = 3_000

interface Gathered {
  answers: (PartAnswer & { node: string })[]
  /** The state of each partition, from the answer that counts. */
  answered: Map<number, AnsweredPartition>
  failure: string | undefined
}

export class Aggregators {
  readonly #options: AggregatorsOptions
  readonly #keepers: ReplicaPeers
  readonly #fleet: Fleet
  readonly #totals = new MetricsTotals()
  readonly #subscription: Subscription
  readonly #startedMs: number

  constructor(options: AggregatorsOptions) {
    const { bus, clock } = options
    this.#options = options
    this.#startedMs = clock.monotonicMs()
    this.#fleet = new Fleet(clock)
    this.#keepers = new ReplicaPeers(bus, clock)
    this.#subscription = bus.subscribe(subjects.heartbeat, (payload) => {
      const heartbeat = decodeHeartbeat(payload)
      if (heartbeat !== undefined) this.#fleet.hear(heartbeat)
    })
  }

  /** Whether there may be several aggregators. */
  get isClustered(): boolean {
    return this.#options.isClustered
  }

  stop(): void {
    this.#keepers.stop()
    this.#subscription.stop()
  }

  /** Returns the partitions that an aggregator last announced; undefined when it is silent. */
  keptBy(node: string): KeptPartition[] | undefined {
    return this.#keepers.alive().find((heard) => heard.node === node)?.partitions
  }

  /** Returns a body for JSON; `{problem, path}` or `{missing: true}` when there is none. */
  async ask(question: Exclude<AggregatorQuestion, { type: 'metrics' }>): Promise<Result<Answered, AskRefusal>> {
    if (!this.#options.isClustered) {
      const whole = await this.#askWhole(question)
      return whole.ok ? done(decodeJson(whole.value) as Answered) : whole
    }
    const gathered = await (isForAll(question) ? this.#gatherAll(question) : this.#gather(question))
    if (gathered.answers.length === 0) return fail(refusalOf(gathered))
    const parts = gathered.answers.map(({ part }) => part)
    const chosen = question.type === 'ledger-months' ? this.#chosenMonths(gathered) : parts
    const body = mergedAnswer(question, chosen, this.#around())
    if ('problem' in body || 'missing' in body) return done(body)
    const stale = this.#stale(gathered)
    return done(stale.length === 0 ? body : { ...body, stale })
  }

  /** Returns the metrics of the whole installation as Prometheus text. */
  async metrics(): Promise<Result<string, AskRefusal>> {
    if (!this.#options.isClustered) {
      const whole = await this.#askWhole({ type: 'metrics' })
      return whole.ok ? done(new TextDecoder().decode(whole.value)) : whole
    }
    const gathered = await this.#gatherAll({ type: 'metrics' })
    if (gathered.answers.length === 0) return fail(refusalOf(gathered))
    this.#totals.add(looksOf(gathered))
    return done(metricsAnswer(this.#totals.measures, this.#around()))
  }

  /** Waits until an aggregator was heard: a control node that has just started does not know yet whom to ask. */
  async #heardSome(): Promise<void> {
    const { clock } = this.#options
    const untilMs = this.#startedMs + listenMs
    while (this.#keepers.all().length === 0 && clock.monotonicMs() < untilMs) {
      await new Promise<void>((resume) => clock.after(lookMs, resume))
    }
  }

  async #askWhole(question: AggregatorQuestion): Promise<Result<Uint8Array, AskRefusal>> {
    const answer = await this.#options.bus.request(subjects.aggregatorQuery, encodeJson(question), timeoutMs)
    if (answer.ok) return answer
    return fail(answer.error.type === 'failed' ? answer.error : { type: 'no-answer' })
  }

  /** Asks one keeper for each partition. */
  async #gather(question: AggregatorQuestion): Promise<Gathered> {
    await this.#heardSome()
    const gathered: Gathered = { answers: [], answered: new Map(), failure: undefined }
    const tried = new Map<number, Set<string>>()
    for (let tries = 0; tries < triesMax; tries++) {
      const asked = this.#assign(gathered, tried)
      if (asked.size === 0) break
      await Promise.all(
        [...asked].map(async ([node, partitions]) => {
          const answer = await this.#askPart(node, { ...question, partitions }, gathered)
          if (answer === undefined) return
          gathered.answers.push({ ...answer, node })
          for (const state of answer.partitions) gathered.answered.set(state.partition, state)
        }),
      )
    }
    return gathered
  }

  /** Returns the partitions without an answer, by the node to ask next. */
  #assign({ answered }: Gathered, tried: Map<number, Set<string>>): Map<string, number[]> {
    const heard = this.#keepers.all()
    const asked = new Map<string, number[]>()
    for (let partition = 0; partition < partitionsCount; partition++) {
      if (answered.has(partition)) continue
      const before = tried.get(partition) ?? new Set()
      const next = candidatesFor(partition, heard).find(({ node }) => !before.has(node))
      if (next === undefined) continue
      tried.set(partition, before.add(next.node))
      asked.set(next.node, [...(asked.get(next.node) ?? []), partition])
    }
    return asked
  }

  /** The months of each partition from the keeper that has most of it. Keepers that lack a close, because they were away when it was made,
   *  are told of it. */
  #chosenMonths(gathered: Gathered): AnswerPart[] {
    const answers = gathered.answers.map(monthsOf)
    for (const { node, closes } of lackingCloses(answers)) {
      for (const close of closes)
        void this.#askPart(node, close, { answers: [], answered: new Map(), failure: undefined })
    }
    const partitions = chosenMonths(answers)
    for (const { state } of partitions) gathered.answered.set(state.partition, state)
    return [{ type: 'ledger-months', partitions: partitions.map(({ months }) => months) }]
  }

  /** Asks every aggregator for all partitions that it keeps. */
  async #gatherAll(question: AggregatorQuestion): Promise<Gathered> {
    await this.#heardSome()
    const gathered: Gathered = { answers: [], answered: new Map(), failure: undefined }
    await Promise.all(
      this.#keepers.alive().map(async ({ node }) => {
        const answer = await this.#askPart(node, question, gathered)
        if (answer !== undefined) gathered.answers.push({ ...answer, node })
      }),
    )
    return gathered
  }

  async #askPart(
    node: string,
    query: AggregatorQuestion & { partitions?: number[] },
    gathered: Gathered,
  ): Promise<PartAnswer | undefined> {
    const answer = await this.#options.bus.request(aggregatorQueryOf(node), encodeJson(query), timeoutMs)
    if (answer.ok) return decodePart(answer.value)
    if (answer.error.type === 'failed') gathered.failure = answer.error.message
    return undefined
  }

  #stale({ answered }: Gathered): StalePartition[] {
    const nowMs = this.#options.clock.monotonicMs()
    const heard = this.#keepers.all()
    const stale: StalePartition[] = []
    for (let partition = 0; partition < partitionsCount; partition++) {
      const state = answered.get(partition)
      if (state !== undefined && (state.isCaughtUp || state.lagMs <= freshMs)) continue
      const silentMs = candidatesFor(partition, heard).map(({ ageMs, kept }) => ageMs + kept.lagMs)
      const ageMs = state?.lagMs ?? Math.min(nowMs - this.#startedMs, ...silentMs)
      stale.push({ partition, ageMs: Math.round(ageMs) })
    }
    return stale
  }

  #around(): Around {
    const { published, clock } = this.#options
    return {
      wallMs: clock.wallMs(),
      heartbeats: this.#fleet.heartbeats(),
      targets: this.#fleet.targets(),
      weights: published.weights,
      published: { state: published.state?.message, weights: published.weights?.message },
    }
  }
}

export type Answered = Record<string, unknown>

/** Whether every aggregator is asked, and not one for each partition. */
function isForAll({ type }: AggregatorQuestion): boolean {
  return type === 'ledger-months' || type === 'ledger-close'
}

function refusalOf({ failure }: Gathered): AskRefusal {
  return failure === undefined ? { type: 'no-answer' } : { type: 'failed', message: failure }
}

/** Chooses for each partition the answer of the keeper that has most of it, as in every other query. */
function looksOf({ answers }: Gathered): Look[] {
  const heard = answers.map(({ boot, partitions }) => ({
    node: boot,
    boot,
    ageMs: 0,
    partitions: partitions.map((state) => ({ ...state, sequence: 0 })),
  }))
  return answers.flatMap(({ boot, part }) =>
    measuresOf(part).map(([partition, measures]) => ({
      boot,
      partition,
      measures,
      isChosen: candidatesFor(partition, heard)[0]?.node === boot,
    })),
  )
}

function measuresOf(part: AnswerPart): [partition: number, measures: Measures][] {
  if (part.type !== 'metrics') return []
  return part.partitions.map(([partition, bytes]) => [partition, Measures.decode(bytes)])
}
