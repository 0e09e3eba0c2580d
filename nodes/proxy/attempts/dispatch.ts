// Which attempt of an HTTP request is next. It holds the request's attempts and their time, and nothing of their bytes: those go
// to the delivery.

import { fail, type Result } from '../../../shared/result.ts'
import { textOfThrown } from '../../../shared/thrown.ts'
import { priceRefusal } from '../accounting/priced-target.ts'
import { type Used, usedByAnswer, usedByStream, usedNothing } from '../accounting/usage-meter.ts'
import { type ExhaustedError, type GatewayError, type Ineligible, ineligibleError } from '../errors/gateway-error.ts'
import type { UpstreamFailure } from '../errors/upstream-failure.ts'
import type { Target } from '../providers/endpoint.ts'
import { asksToWait } from '../quotas/quota-headers.ts'
import type { AuthenticatedRequest } from '../request/authenticated-request.ts'
import type { PlannedAttempt } from '../routing/attempt-plan.ts'
import { modelsThatCould } from '../translators/capable-models.ts'
import { insteadOfMissing } from '../translators/missing-endpoint.ts'
import { askedTier } from '../translators/pass-through-request.ts'
import type { LateTranslator, Made, Translator, WholeAnswer } from '../translators/translator.ts'
import type { UpstreamHead } from '../upstream/upstream.ts'
import type { AnswerDelivery, FollowedDispatch } from './answer-delivery.ts'
import { Attempt } from './attempt.ts'
import { AttemptLoop } from './attempt-loop.ts'
import type { AttemptOwner, HttpAttemptTools } from './attempt-owner.ts'
import type { DispatchedRequest } from './dispatched-request.ts'
import { MissedEndpoints } from './missed-endpoints.ts'
import { watchOf } from './stream-watch.ts'
import { QuotaPass } from './waits/quota-pass.ts'

export class Dispatch extends AttemptLoop<Translator, Attempt> implements AttemptOwner<Attempt>, FollowedDispatch {
  protected override readonly model: string
  readonly #asked: DispatchedRequest
  readonly #delivery: AnswerDelivery
  readonly #tools: HttpAttemptTools
  #attempt: Attempt | undefined
  #pass: QuotaPass | undefined
  /** Whether the last answer was a rejection that asked to wait. */
  #asksToWait = false
  /** Made at the first endpoint that is missing, which most requests never meet. */
  #missed: MissedEndpoints<Attempt> | undefined
  /** Whether the answer is being estimated, after which nothing else is tried. */
  #isEstimating = false

  constructor(
    tools: HttpAttemptTools,
    request: AuthenticatedRequest,
    asked: DispatchedRequest,
    delivery: AnswerDelivery,
  ) {
    super(tools, request, asked)
    this.#tools = tools
    this.#asked = asked
    this.model = asked.model
    this.#delivery = delivery
  }

  override start(): void {
    this.#delivery.follow(this)
    try {
      super.start()
    } catch (error) {
      this.onBug(error)
    }
  }

  override onDue(): void {
    try {
      super.onDue()
    } catch (error) {
      this.onBug(error)
    }
  }

  /** Whatever throws ends the request as a bug, once, as every other way out does. */
  override onBug(error: unknown): void {
    const where = this.request.operation.name
    this.tools.notify({ type: 'handler-threw', where, message: textOfThrown(error) })
    this.#delivery.cut({ type: 'internal' })
  }

  /** The last attempt; undefined before there was one. */
  get attempt(): Attempt | undefined {
    return this.#attempt
  }

  /** Why the target is sent nothing, whatever the request is. */
  #refusal(target: Target): Ineligible | undefined {
    if (this.#missed?.isPassedOver(target) === true) return { type: 'unspoken', route: this.request.operation.name }
    const { body } = this.#asked
    return priceRefusal(target, this.request, () => (body?.type === 'json' ? askedTier(body.scan) : undefined))
  }

  protected override prepare(target: Target, strict: boolean): Result<Translator, Ineligible> {
    const refusal = this.#refusal(target)
    return refusal !== undefined ? fail(refusal) : this.#asked.translators.to(target, strict)
  }

  protected override prepareLate(target: Target, strict: boolean): LateTranslator | undefined {
    return this.#refusal(target) !== undefined ? undefined : this.#asked.translators.late?.(target, strict)
  }

  protected override modelsThatCould(ineligible: Ineligible): readonly string[] | undefined {
    return modelsThatCould(ineligible, this.#asked.translators, this.request)
  }

  protected override open(planned: PlannedAttempt<Target>, translator: Translator, index: number): void {
    const { stream, showUsage, pinned, holds, costBound, reservedNanoUsd } = this.#asked
    const { request, limits } = this
    const tools = this.#tools
    const watched = { target: planned.target, estimatedInput: translator.estimatedInput }
    const attempt = new Attempt({
      tools,
      request,
      limits,
      planned,
      translator,
      index,
      model: this.model,
      stream,
      showUsage,
      // What was taken is of this one.
      pinned: this.#pass?.grant?.credential.name ?? pinned,
      watch: stream ? watchOf(holds, watched) : undefined,
      owner: this,
      costBound,
      reservedNanoUsd,
    })
    this.#attempt = attempt
    attempt.start()
  }

  protected override passFor(target: Target, translator: Translator | undefined): QuotaPass | undefined {
    const { quota } = this.#tools
    const { inference: asked, pinned } = this.#asked
    if (quota === undefined || asked === undefined || !quota.quotas.governs(target)) return undefined
    const { request, tools } = this
    this.#pass ??= new QuotaPass(quota, { request, asked }, () => tools.clock.monotonicMs())
    this.#pass.pinned = pinned ?? translator?.credential
    this.quota = this.#pass
    return this.#pass
  }

  onHead({ target, credential }: Attempt, head: UpstreamHead): void {
    if (this.#asked.inference === undefined) return
    this.#asksToWait = head.status === 429 && asksToWait(head)
    this.#tools.quota?.quotas.observe(head, { target, credential, grant: this.#pass?.grant })
  }

  protected override giveUp(error: GatewayError): void {
    const attempt = this.#attempt
    if (attempt !== undefined && this.#missed?.isEstimated === true && this.#estimatesLater(attempt)) return
    if (attempt === undefined || this.#missed === undefined || this.#isEstimating) this.#delivery.reject(error)
    // The estimate reads the body.
    else if (this.#missed.isEstimated) this.#answerByEstimate(attempt)
    else this.#delivery.reject(this.#missed.lastWord(attempt) ?? error)
    this.request.body.notNeeded()
  }

  /** Answers a request for a number of tokens, which no target of the model could count. */
  #answerByEstimate(attempt: Attempt): void {
    this.#onEstimated(attempt, this.#asked.estimate?.now() ?? fail({ type: 'unspoken', route: attempt.operation.name }))
  }

  /** Estimates a large body without holding others up. False: it is estimated at once, or is being estimated. */
  #estimatesLater(attempt: Attempt): boolean {
    const late = this.#isEstimating ? undefined : this.#asked.estimate?.later()
    if (late === undefined) return false
    this.#isEstimating = true
    this.waitFor(late, attempt.planned, (made) => {
      this.stopPausing()
      this.request.body.notNeeded()
      this.#onEstimated(attempt, made)
    })
    return true
  }

  #onEstimated(attempt: Attempt, counted: Made<WholeAnswer>): void {
    const { model } = this.#asked
    const nowMs = this.tools.clock.monotonicMs()
    if (counted.ok) this.#delivery.answer(attempt, counted.value, { used: usedNothing, nowMs })
    else if (counted.error.type === 'unmade') this.#delivery.reject(counted.error.error)
    else this.#delivery.reject(ineligibleError(counted.error, { model, models: [] }))
  }

  // ── what attempts say ────────────────────────────────────────────────────────────────────────────────────────────

  onFirstByte(attempt: Attempt): boolean {
    const nowMs = this.tools.clock.monotonicMs()
    // What a stream that is cut counts with is told by the body.
    attempt.charge.bound()
    this.request.body.notNeeded()
    this.waited(attempt, nowMs)
    this.#delivery.begin(attempt, nowMs)
    return true
  }

  onBytes(attempt: Attempt, bytes: Buffer | string): 'sent' | 'full' | 'gone' {
    return this.#delivery.write(attempt, bytes)
  }

  onSilence(attempt: Attempt, nowMs: number): void {
    this.#delivery.keepAlive(attempt, nowMs)
  }

  onAnswered(attempt: Attempt, answer: WholeAnswer): void {
    const nowMs = this.tools.clock.monotonicMs()
    const used = usedByAnswer(attempt, answer)
    // The bound is told by the body.
    if (used.isUncounted === true) attempt.charge.bound()
    this.request.body.notNeeded()
    this.waited(attempt, nowMs)
    this.leave(attempt, true)
    this.record(attempt, 'ok', { used, nowMs })
    this.#delivery.answer(attempt, answer, { used, nowMs })
  }

  onStreamEnd(attempt: Attempt, last: Buffer | string): void {
    const nowMs = this.tools.clock.monotonicMs()
    const used = usedByStream(attempt, attempt.stream)
    this.leave(attempt, true)
    this.record(attempt, 'ok', { used, nowMs })
    this.#delivery.finish(attempt, last, { used, nowMs })
  }

  onExhausted(attempt: Attempt, error: ExhaustedError): void {
    const nowMs = this.tools.clock.monotonicMs()
    const used = usedByStream(attempt, attempt.stream)
    const last = attempt.stream?.curtail(attempt)
    attempt.abort()
    this.leave(attempt, undefined)
    this.record(attempt, 'aborted', { used, nowMs })
    if (last === undefined) this.#delivery.cutStream(attempt, error, { used, nowMs })
    else this.#delivery.curtail(attempt, { last, error }, { used, nowMs })
  }

  override onFailed(attempt: Attempt, failure: UpstreamFailure): void {
    const { target, credential } = attempt
    if (failure.passing === 'limited' && this.#asked.inference !== undefined)
      this.#tools.quota?.quotas.rejected(target, credential, {
        retryAfterMs: failure.retryAfterMs,
        isAsked: this.#asksToWait,
      })
    if (!attempt.hasForwarded) {
      if (this.#missesEndpoint(attempt, failure)) this.tryAnew(attempt, failure.outcome)
      else super.onFailed(attempt, failure)
      return
    }
    const nowMs = this.tools.clock.monotonicMs()
    const used = usedByStream(attempt, attempt.stream)
    this.leave(attempt, false)
    this.record(attempt, failure.outcome, { used, nowMs, said: failure.said })
    this.#delivery.cutStream(attempt, failure.error, { used, nowMs })
  }

  /** Whether the server has no such endpoint, and something can take its place. */
  #missesEndpoint(attempt: Attempt, { error }: UpstreamFailure): boolean {
    const { target, translator, operation } = attempt
    if (!translator.passesThrough && operation.embeddings === undefined) {
      this.#doubt(attempt)
      return false
    }
    if (this.#asked.pinned !== undefined || this.request.reply.gone) return false
    const instead = insteadOfMissing(error, operation, target)
    if (instead === undefined) return false
    this.#missed ??= new MissedEndpoints()
    this.#missed.add(attempt, instead, error)
    if (instead !== 'another-target') this.#remember(attempt)
    return true
  }

  #remember({ target: { missing, provider }, operation, status }: Attempt): void {
    missing.add(operation.name, this.tools.clock.monotonicMs())
    this.tools.notify({ type: 'endpoint-missing', provider, endpoint: operation.name, status })
  }

  /** Forgets that an endpoint is missing where the translated request meets the same answer. */
  #doubt({ target, operation, status }: Attempt): void {
    if (status !== 404 && status !== 405) return
    if (this.#missed?.isTranslated(target) === true) target.missing.delete(operation.name)
  }

  /** Ends the request from our side; its attempt is aborted and paid for. The caller is told by the delivery. */
  stop(): { readonly used: Used | undefined; readonly nowMs: number } {
    const nowMs = this.tools.clock.monotonicMs()
    const attempt = this.#attempt
    if (attempt === undefined || !this.isInFlight) {
      this.stopPausing()
      this.quota?.giveBack()
      this.request.body.notNeeded()
      return { used: attempt === undefined ? undefined : usedNothing, nowMs }
    }
    const used = usedByStream(attempt, attempt.stream)
    if (used.isUncounted === true) attempt.charge.bound()
    attempt.abort()
    this.request.body.notNeeded()
    if (!attempt.hasForwarded) this.waited(attempt, nowMs)
    this.leave(attempt, undefined)
    this.record(attempt, 'aborted', { used, nowMs })
    return { used, nowMs }
  }
}
