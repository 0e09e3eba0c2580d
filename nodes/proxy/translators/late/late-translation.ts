// The translation of a large body, which another process does before the attempt begins.
import { done, fail, type Result } from '../../../../shared/result.ts'
import type { Ineligible } from '../../errors/gateway-error.ts'
import { lengthOf } from '../../large/frames.ts'
import type { AskedJob, Job, RunningJob } from '../../large/job.ts'
import type { Target } from '../../providers/endpoint.ts'
import { upstreamDialects } from '../../providers/upstream-dialects.ts'
import type { TranslatedCall } from '../chat-translator.ts'
import type { JsonTranslatorOptions } from '../json-options.ts'
import { chatTranslator, embeddingsTranslator } from '../make-translator.ts'
import type { LateTranslator, Translator, Unmade } from '../translator.ts'
import { embedJob, type ToldEmbedding } from './embed-job.ts'
import { receivedFacts } from './sent-facts.ts'
import { sentTarget, type ToldTranslation, translateJob } from './translate-job.ts'

type Made = Result<Translator, Ineligible | Unmade>

/** What both kinds of translation are told back. */
type Told = Pick<ToldTranslation, 'path' | 'headerLines' | 'dropped' | 'bodyHash'>

abstract class LateTranslation<Head, Found extends Told> implements LateTranslator {
  protected readonly options: JsonTranslatorOptions
  protected readonly target: Target
  protected readonly strict: boolean
  #running: RunningJob<Result<Found, Ineligible>> | undefined

  constructor(options: JsonTranslatorOptions, target: Target, strict: boolean) {
    this.options = options
    this.target = target
    this.strict = strict
  }

  protected abstract readonly job: Job<Head, Result<Found, Ineligible>>
  protected abstract head(): Head
  /** Stored responses that the translation needs. */
  protected turns(): readonly Buffer[] {
    return []
  }
  protected abstract make(told: Found, call: TranslatedCall): Result<Translator, Ineligible>

  async start(): Promise<Made> {
    const { jobs, request, body } = this.options
    const { bytes, open, close } = body.scan
    const asked: AskedJob<Head> = {
      head: this.head(),
      bodies: [[bytes.subarray(open, close)], ...this.turns().map((turn) => [turn])],
      owner: request.caller,
      hold: request.body,
    }
    // What is printed has about the size of what was asked.
    const noRoom = request.body.chargeUpTo(piecesOf(asked.bodies))
    if (noRoom !== undefined) return fail(noRoom)
    this.#running = jobs.run(this.job, asked)
    const outcome = await this.#running.result
    if (!outcome.ok) return fail({ type: 'unmade', error: outcome.error })
    const { told, bodies } = outcome.value
    if (!told.ok) return told
    const noMore = request.body.chargeUpTo(piecesOf(bodies))
    if (noMore !== undefined) return fail(noMore)
    const { path, headerLines, dropped, bodyHash } = told.value
    return this.make(told.value, { path, headerLines, dropped, bodyHash, body: bodies[0] ?? [] })
  }

  stop(): void {
    this.#running?.cancel()
  }

  protected common() {
    const { request } = this.options
    const { target, strict } = this
    const isSigned = target.credentials.some(({ sign }) => sign !== undefined)
    return { operation: request.operation.name, target: sentTarget(target), strict, isSigned }
  }
}

function piecesOf(bodies: readonly (readonly Uint8Array[])[]): number {
  return bodies.reduce((sum, pieces) => sum + lengthOf(pieces), 0)
}

export class LateChat extends LateTranslation<Parameters<typeof translateJob.run>[0], ToldTranslation> {
  protected override readonly job = translateJob

  protected override head() {
    const { betas, state } = this.options.asked.facts
    const historyTurns = state?.history?.turns.length
    return { ...this.common(), betas, historyTurns, referredTurns: state?.referred?.turns.length }
  }

  protected override turns(): readonly Buffer[] {
    const { state } = this.options.asked.facts
    return [...(state?.history?.turns ?? []), ...(state?.referred?.turns ?? [])]
  }

  protected override make(told: ToldTranslation, call: TranslatedCall): Result<Translator, Ineligible> {
    const { upstream, printed, asked, estimatedInput } = told
    const facts = receivedFacts(asked)
    const chat = { call, upstream: upstreamDialects[upstream], printed, facts, estimatedInput }
    return done(chatTranslator(this.options, this.target, chat))
  }
}

export class LateEmbedding extends LateTranslation<Parameters<typeof embedJob.run>[0], ToldEmbedding> {
  protected override readonly job = embedJob

  protected override head() {
    return this.common()
  }

  protected override make({ printed, asked }: ToldEmbedding, call: TranslatedCall): Result<Translator, Ineligible> {
    return embeddingsTranslator(this.options, this.target, { call, printed, asked })
  }
}
