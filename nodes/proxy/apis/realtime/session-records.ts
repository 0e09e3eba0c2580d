// The records of a realtime session: one for each response, one for each transcript of what the caller said, and one for the
// session itself, which costs nothing by itself.
import { pricesAt } from '../../../../shared/models/dated-prices.ts'
import { costOf } from '../../../../shared/models/price.ts'
import type { AttemptOutcome, AttemptRecord, RequestStatus } from '../../../../shared/telemetry/records.ts'
import { noTokens, type Tokens } from '../../accounting/attempt-cost.ts'
import { type SettledAttempt, settledOnBound } from '../../accounting/attempt-end.ts'
import { Intent } from '../../accounting/intents/intent.ts'
import type { Intents } from '../../accounting/intents/intents.ts'
import type { Outcome } from '../../accounting/outcome.ts'
import { attemptRecord } from '../../accounting/request-records.ts'
import type { Settlement } from '../../accounting/settle.ts'
import type { RealtimeUse } from '../../dialects/openai/realtime-observer.ts'
import { sessionBound } from '../../limits/budgets/rough-bound.ts'
import type { Target } from '../../providers/endpoint.ts'
import type { AuthenticatedRequest } from '../../request/authenticated-request.ts'
import type { PlannedAttempt } from '../../routing/attempt-plan.ts'

export interface Turn {
  /** Wall clock. */
  readonly atMs: number
  readonly startedMs: number
  /** 0 when there was none. */
  firstTokenMs: number
  /** Its place among the charged parts of the session, from its begin on; 0 before. */
  number: number
  /** What stands for it until its record is safe. */
  intent: Intent | undefined
}

export interface TurnEnd {
  readonly nowMs: number
  readonly status: RequestStatus
  readonly outcome: AttemptOutcome
  readonly errorCode: string
  readonly used: RealtimeUse
  /** Whether the session's own model did it: only that one's price is known. */
  readonly isOwn: boolean
}

export interface SessionTools {
  readonly settlement: Settlement
  readonly intents?: Intents | undefined
}

export interface SessionEnd {
  readonly nowMs: number
  readonly status: RequestStatus
  readonly httpStatus: number
  readonly errorCode: string
  readonly limitedBy?: string | undefined
  readonly attempts: readonly AttemptRecord[]
  readonly attemptCount: number
  readonly fallbackIndex: number
  /** Monotonic time at which the session was opened; undefined when it never was. */
  readonly openedMs: number | undefined
}

export class SessionRecords {
  readonly #request: AuthenticatedRequest
  readonly #model: string
  readonly #tools: SessionTools
  #turns = 0

  constructor(request: AuthenticatedRequest, model: string, tools: SessionTools) {
    this.#request = request
    this.#model = model
    this.#tools = tools
  }

  /** Journals a response that has begun, and that the provider charges from now on. */
  begin(turn: Turn, planned: PlannedAttempt<Target>): void {
    turn.number = ++this.#turns
    const { intents } = this.#tools
    const bound = sessionBound(planned.target, turn.atMs)
    if (intents === undefined || planned.target.price === undefined || bound === 0) return
    const request = this.#requestOf(turn)
    turn.intent = new Intent({ request, model: this.#model, planned, index: 0, stream: true, bound })
    intents.open(turn.intent)
  }

  turn(turn: Turn, planned: PlannedAttempt<Target>, end: TurnEnd): void {
    const { nowMs, status, outcome, errorCode, used, isOwn } = end
    const { usage, measure: units, isMixed } = used
    const { startedMs, firstTokenMs } = turn
    const { price } = pricesAt(planned.target, turn.atMs)
    const isUnknown = usage === undefined || !isOwn || (isMixed && price?.hasAudioRates !== true)
    const known = isUnknown ? undefined : costOf(price, usage)
    // Of a response that is cut off, or that does not report its usage, the model's price is known, and no amount.
    const isUncounted = outcome === 'aborted' || (usage === undefined && isOwn)
    const bound = isUncounted ? sessionBound(planned.target, turn.atMs) : undefined
    const settled =
      known === undefined
        ? settledOnBound({ tokens: usage ?? noTokens, costNanoUsd: undefined }, bound)
        : reported(usage ?? noTokens, known)
    if (turn.number === 0) turn.number = ++this.#turns
    const request = this.#requestOf(turn)
    const attempt = attemptRecord(request, {
      planned,
      ...settled,
      outcome,
      startedMs,
      index: 0,
      stream: true,
      upstreamStatus: 200,
      firstByteMs: firstTokenMs,
      endedMs: nowMs,
      timing: firstTokenMs === 0 ? undefined : { tokens: 1, firstTokenMs, lastTokenMs: nowMs },
    })
    const told: Outcome = {
      ...this.#common,
      status,
      httpStatus: 200,
      errorCode,
      attempts: [attempt],
      intents: turn.intent === undefined ? undefined : [turn.intent],
      attemptCount: 1,
      fallbackIndex: planned.fallbackIndex,
      tokens: settled.tokens,
      units,
      costNanoUsd: settled.settlement === 'unpriced' ? undefined : settled.costNanoUsd,
      times: { endedMs: nowMs, upstreamMs: nowMs - startedMs, firstForwardMs: undefined, firstTokenMs },
    }
    this.#tools.settlement.settle(request, told, [], nothing)
    this.#tools.settlement.use(this.#request, told)
  }

  session(end: SessionEnd, flush: () => void): void {
    const { nowMs, status, httpStatus, errorCode, limitedBy, attempts, attemptCount, fallbackIndex, openedMs } = end
    const amount = openedMs === undefined ? 0 : Math.round(nowMs - openedMs) / 1_000
    this.#tools.settlement.settle(
      this.#request,
      {
        ...this.#common,
        status,
        httpStatus,
        errorCode,
        limitedBy,
        attempts,
        attemptCount,
        fallbackIndex,
        tokens: noTokens,
        units: openedMs === undefined ? undefined : { unit: 'seconds', amount },
        costNanoUsd: 0,
        times: {
          endedMs: nowMs,
          upstreamMs: nowMs - this.#request.startedMs,
          firstForwardMs: undefined,
          firstTokenMs: 0,
        },
      },
      [],
      flush,
    )
  }

  /** Each charged part of a session has a name of its own. */
  #requestOf({ number, atMs, startedMs }: Turn): AuthenticatedRequest {
    return { ...this.#request, id: `${this.#request.id}.${number}`, receivedAtMs: atMs, startedMs }
  }

  get #common(): Pick<Outcome, 'model' | 'stream' | 'cacheStatus' | 'estimated'> {
    return { model: this.#model, stream: true, cacheStatus: 'BYPASS', estimated: false }
  }
}

function reported(tokens: Tokens, costNanoUsd: number): SettledAttempt {
  return { tokens, costNanoUsd, settlement: undefined }
}

function nothing(): void {}
