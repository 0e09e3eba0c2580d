// What the attempts of one request take of the quotas of providers: taken before an attempt begins, settled when it has ended.
import { done } from '../../../../shared/result.ts'
import type { AttemptOutcome } from '../../../../shared/telemetry/records.ts'
import type { TokenCounts } from '../../../../shared/usage/token-counts.ts'
import type { UpstreamFullError } from '../../errors/gateway-error.ts'
import type { OutputLengths } from '../../limits/output-lengths.ts'
import { reservedAmounts } from '../../limits/reserved-amounts.ts'
import type { Credential } from '../../providers/credential.ts'
import type { Target } from '../../providers/endpoint.ts'
import type { Grant } from '../../quotas/grant.ts'
import type { TurnedAway } from '../../quotas/lane.ts'
import type { QuotaUse } from '../../quotas/quota-unit.ts'
import type { QuotaAsk, Quotas } from '../../quotas/quotas.ts'
import type { AuthenticatedRequest } from '../../request/authenticated-request.ts'
import type { InferenceRequest } from '../../request/inference-request.ts'
import type { PlannedAttempt } from '../../routing/attempt-plan.ts'
import type { Late } from '../../translators/translator.ts'
import type { RunningAttempt } from '../running-attempt.ts'

export interface QuotaTools {
  readonly quotas: Quotas<Credential>
  /** How long the answers of models are. */
  readonly lengths: OutputLengths
}

export interface AttemptEnd {
  readonly outcome: AttemptOutcome
  readonly tokens: TokenCounts
  readonly nowMs: number
}

export interface QuotaSettlement {
  /** Settles what a running attempt has taken. */
  settle(attempt: Pick<RunningAttempt, 'planned' | 'status'>, end: AttemptEnd): void
  /** Gives back what was taken for an attempt that was not made. */
  giveBack(): void
}

/** What a request asks for. */
export interface PassedRequest {
  readonly request: AuthenticatedRequest
  readonly asked: InferenceRequest
}

export class QuotaPass implements QuotaSettlement {
  grant: Grant<Credential> | undefined
  /** The name of the only credential that the request may use. */
  pinned: string | undefined
  readonly #tools: QuotaTools
  readonly #passed: PassedRequest
  readonly #nowMs: () => number
  #use: QuotaUse | undefined

  constructor(tools: QuotaTools, passed: PassedRequest, nowMs: () => number) {
    this.#tools = tools
    this.#passed = passed
    this.#nowMs = nowMs
  }

  /** Whether an attempt may begin now. */
  take(target: Target): boolean {
    this.giveBack()
    this.grant = this.#tools.quotas.take(this.#ask(target))
    return this.grant !== undefined
  }

  /** Whether an attempt at the target would begin at once, as far as is known. */
  hasRoom(target: Target): boolean {
    const { quotas } = this.#tools
    return !quotas.governs(target) || quotas.hasRoom(this.#ask(target))
  }

  /** Waits until an attempt may begin. The error comes when that takes too long. */
  wait({ target, route }: PlannedAttempt<Target>, leftMs: number): Late<UpstreamFullError | undefined> {
    const { tenant } = this.#passed.request.caller
    const waitMsMax = Math.min(route.timeouts.queueMs, leftMs)
    const { provider, model } = target
    const full = ({ retryAfterMs, isByProvider }: TurnedAway): UpstreamFullError =>
      isByProvider
        ? { type: 'upstream-limited', retryAfterMs }
        : { type: 'upstream-busy', provider, model, retryAfterMs }
    let leave = () => this.giveBack()
    return {
      start: () =>
        new Promise((resolve) => {
          const queued = this.#tools.quotas.enter(
            this.#ask(target),
            { tenant, waitMsMax },
            {
              onGranted: (grant) => {
                this.grant = grant
                resolve(done(undefined))
              },
              onShed: (away) => resolve(done(full(away))),
            },
          )
          if ('retryAfterMs' in queued) resolve(done(full(queued)))
          else
            leave = () => {
              queued.leave()
              this.giveBack()
            }
        }),
      stop: () => leave(),
    }
  }

  giveBack(): void {
    this.grant?.giveBack(this.#nowMs())
    this.grant = undefined
  }

  settle(
    { planned, status }: Pick<RunningAttempt, 'planned' | 'status'>,
    { outcome, tokens, nowMs }: AttemptEnd,
  ): void {
    const { grant } = this
    this.grant = undefined
    if (outcome === 'ok') this.#tools.lengths.learn(this.#passed.asked.facts.model, tokens.output)
    if (outcome === 'ok' || outcome === 'aborted') grant?.settle(countedOf(planned.target, tokens), nowMs)
    else if (isUncounted(outcome, status)) grant?.giveBack(nowMs)
    else grant?.settle(status >= 400 ? nothing : undefined, nowMs)
  }

  #ask(target: Target): QuotaAsk<Credential> {
    const { request, asked } = this.#passed
    this.#use ??= reservedAmounts(request, asked, this.#tools.lengths)
    return { target, pinned: this.pinned, use: this.#use }
  }
}

const nothing: QuotaUse = { input: 0, output: 0 }

/** Anthropic counts no tokens that it reads from its cache. */
function countedOf({ kind }: Target, { input, cached, output }: TokenCounts): QuotaUse {
  return { input: kind === 'anthropic' ? Math.max(0, input - cached) : input, output }
}

/** Whether the provider has not counted the attempt: it rejected it because of a limit, or never saw it. */
function isUncounted(outcome: AttemptOutcome, status: number): boolean {
  return status === 429 || outcome === 'connect' || outcome === 'tls' || (outcome === 'auth' && status === 0)
}
