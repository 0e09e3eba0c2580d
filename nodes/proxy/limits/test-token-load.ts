// Requests with answers of random lengths under one limit of tokens, on a virtual clock: how far the worst minute is above the limit,
// and how much of it is used. The offered load is three times the limit.
import { LocalBus } from '../../../cluster/bus/local-bus.ts'
import { Gossip } from '../../../cluster/gossip/gossip.ts'
import { seededChance } from '../../../loadtest/measure/chance.ts'
import { ManualClock } from '../../../shared/clock.ts'
import type { LimitSpec } from '../../../shared/config/kinds/limits/spec.ts'
import { BodyScan, scanBody } from '../../../shared/json/scan.ts'
import type { Hold, Outcome, StreamWatch } from '../accounting/outcome.ts'
import { openAiChatInbound } from '../dialects/openai-chat/openai-chat.ts'
import { testTarget } from '../providers/test-connect.ts'
import { BodyLease } from '../request/body-lease.ts'
import { InferenceRequest } from '../request/inference-request.ts'
import { TestBody, testRequest, testSnapshot } from '../request/test-request.ts'
import { Limits } from './limits.ts'

export interface TokenLoad {
  readonly seed: number
  /** The deviation of the logarithm of the answers' lengths. */
  readonly sigma?: number
  /** What the mean length of the answers is multiplied by, half way. */
  readonly shift?: number
  /** Whether streams are watched while they run. */
  readonly isWatched?: boolean
  readonly limit?: Partial<LimitSpec>
}

export interface TokenLoadResult {
  /** The part of the limit that was used. */
  readonly utilisation: number
  /** The worst 60 seconds, relative to the limit: 0.01 is one percent above. */
  readonly worst: number
  readonly admitted: number
  readonly cut: number
}

const perMinute = 100_000
const demand = 3
const durationS = 900
const meanInput = 500
const meanOutput = 300
const outputMax = 4_096
/** Before this the limit's full bucket is used up. */
const settledS = 150
const firstTokenS = 0.3
const secondsPerToken = 0.02
/** Tokens between two reads of a stream. */
const pieceTokens = 32

export function runTokenLoad(load: TokenLoad): TokenLoadResult {
  return new Load(load).run()
}

class Load {
  readonly #load: TokenLoad
  readonly #chance: () => number
  readonly #clock = new ManualClock(0)
  readonly #limits: Limits
  readonly #request: ReturnType<typeof testRequest>['request']
  readonly #events: Event[] = []
  readonly #uses: { atS: number; tokens: number }[] = []
  #admitted = 0
  #cut = 0

  constructor(load: TokenLoad) {
    this.#load = load
    this.#chance = seededChance(load.seed)
    const gossip = new Gossip({ node: 'n1', boot: 1, bus: new LocalBus(), clock: this.#clock })
    this.#limits = new Limits({ gossip, clock: this.#clock, hashKey: new Uint8Array(32) })
    const spec: LimitSpec = { per: 'key', tokens: perMinute, window: '1m', ...load.limit }
    const limits = new Map([['tokens', { spec, origin: 'api', revision: 1 }]]) as never
    this.#request = testRequest({ snapshot: { ...testSnapshot(), limits } }).request
  }

  run(): TokenLoadResult {
    const perSecond = (demand * perMinute) / 60 / (meanInput + meanOutput)
    for (let atS = this.#pause(perSecond); atS < durationS; atS += this.#pause(perSecond)) {
      this.#runUntil(atS)
      this.#arrive(atS)
    }
    return { ...this.#measured(), admitted: this.#admitted, cut: this.#cut }
  }

  #pause(perSecond: number): number {
    return -Math.log(1 - this.#chance()) / perSecond
  }

  #runUntil(atS: number): void {
    for (let next = this.#events[0]; next !== undefined && next.atS <= atS; next = this.#events[0]) {
      this.#events.shift()
      this.#moveTo(next.atS)
      next.run()
    }
    this.#moveTo(atS)
  }

  #moveTo(atS: number): void {
    this.#clock.advance(Math.max(0, atS * 1_000 - this.#clock.monotonicMs()))
  }

  #at(atS: number, run: () => void): void {
    let index = this.#events.length
    while (index > 0 && (this.#events[index - 1]?.atS ?? 0) > atS) index--
    this.#events.splice(index, 0, { atS, run })
  }

  #arrive(atS: number): void {
    const { sigma = 1, shift = 1 } = this.#load
    const mean = atS > durationS / 2 ? meanOutput * shift : meanOutput
    const input = Math.round(meanInput * (0.5 + this.#chance()))
    const output = lengthOf(this.#gauss(), { mean, sigma })
    const body = new BodyLease(new TestBody(textOf(input)))
    const decision = this.#limits.decide({ ...this.#request, body }, askedWith(body))
    if (decision instanceof Promise || decision.type !== 'proceed' || decision.hold === undefined) return
    this.#admitted++
    this.#use(atS, input)
    this.#stream(atS, { input, output, hold: decision.hold })
  }

  /** Plays a stream: its pieces, and its end. */
  #stream(atS: number, { input, output, hold }: { input: number; output: number; hold: Hold }): void {
    const isWatched = this.#load.isWatched ?? true
    const watch = isWatched ? hold.watch?.({ target, estimatedInput: input }) : undefined
    const step = (sent: number) => {
      const next = Math.min(output, sent + pieceTokens)
      const nextS = atS + firstTokenS + next * secondsPerToken
      this.#at(nextS, () => {
        this.#use(nextS, next - sent)
        if (next === output || this.#isCut(watch, next)) hold.settle(outcomeOf(input, next))
        else step(next)
      })
    }
    step(0)
  }

  #isCut(watch: StreamWatch | undefined, output: number): boolean {
    const isCut = watch?.look(output) !== undefined
    if (isCut) this.#cut++
    return isCut
  }

  #use(atS: number, tokens: number): void {
    if (atS < durationS) this.#uses.push({ atS, tokens })
  }

  #gauss(): number {
    return Math.sqrt(-2 * Math.log(this.#chance() + 1e-12)) * Math.cos(2 * Math.PI * this.#chance())
  }

  #measured(): { utilisation: number; worst: number } {
    const uses = this.#uses.filter(({ atS }) => atS > settledS - 60).sort((a, b) => a.atS - b.atS)
    let [sum, worst, total, first] = [0, 0, 0, 0]
    for (const { atS, tokens } of uses) {
      sum += tokens
      for (let old = uses[first]; old !== undefined && atS - old.atS > 60; old = uses[++first]) sum -= old.tokens
      if (atS < settledS) continue
      total += tokens
      worst = Math.max(worst, sum)
    }
    return { utilisation: total / ((perMinute / 60) * (durationS - settledS)), worst: worst / perMinute - 1 }
  }
}

interface Event {
  readonly atS: number
  readonly run: () => void
}

const target = testTarget()
const bytesPerToken = 3.6

/** A length of a logarithmic normal distribution with this mean. */
function lengthOf(gauss: number, { mean, sigma }: { mean: number; sigma: number }): number {
  const length = Math.exp(gauss * sigma + Math.log(mean) - (sigma * sigma) / 2)
  return Math.min(outputMax, Math.max(1, Math.round(length)))
}

/** A body whose text has so many tokens, by the estimate of limits. */
function textOf(tokens: number): object {
  const content = 'x'.repeat(Math.floor(tokens * bytesPerToken) - 'user'.length)
  return { model: 'm', messages: [{ role: 'user', content }] }
}

function askedWith(body: BodyLease): InferenceRequest {
  const scan = new BodyScan()
  scanBody(body.bytes, scan)
  return new InferenceRequest({
    model: 'm',
    fallbacks: undefined,
    stream: true,
    showUsage: false,
    body: { type: 'json', scan, edits: [] },
    inbound: openAiChatInbound,
    betas: undefined,
    state: undefined,
    lease: body,
  })
}

function outcomeOf(input: number, output: number): Outcome {
  const tokens = { input, output, cached: 0 }
  return { status: 'ok', model: 'm', tokens, attemptCount: 1, attempts: [], costNanoUsd: 0 } as unknown as Outcome
}
