// The records of a realtime session: one for each response, one for each transcript of what the caller said, and one for the
// session itself, which costs nothing by itself.
import { pricesAt } from '../../../../shared/models/dated-prices.ts'
import { costOf } from '../../../../shared/models/price.ts'
import type { AttemptOutcome, AttemptRecord, RequestStatus } from '../../../../shared/telemetry/records.ts'
import { noTokens } from '../../accounting/attempt-cost.ts'
import type { Outcome } from '../../accounting/outcome.ts'
import { attemptRecord } from '../../accounting/request-records.ts'
import type { Settlement } from '../../accounting/settle.ts'
import type { RealtimeUse } from '../../dialects/openai/realtime-observer.ts'
import type { Target } from '../../providers/endpoint.ts'
import type { AuthenticatedRequest } from '../../request/authenticated-request.ts'
import type { PlannedAttempt } from '../../routing/attempt-plan.ts'

export interface Turn {
  /** Wall clock. */
  readonly atMs: number
  readonly startedMs: number
  /** 0 when there was none. */
  firstTokenMs: number
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

export interface SessionEnd {
  readonly nowMs: number
  readonly status: RequestStatus
  readonly httpStatus: number
  readonly errorCode: string
  readonly attempts: readonly AttemptRecord[]
  readonly attemptCount: number
  readonly fallbackIndex: number
  /** Monotonic time at which the session was opened; undefined when it never was. */
  readonly openedMs: number | undefined
}

export class SessionRecords {
  readonly #request: AuthenticatedRequest
  readonly #model: string
  readonly #settlement: Settlement
  #turns = 0

  constructor(request: AuthenticatedRequest, model: string, settlement: Settlement) {
    this.#request = request
    this.#model = model
    this.#settlement = settlement
  }

  turn(turn: Turn, planned: PlannedAttempt<Target>, end: TurnEnd): void {
    const { nowMs, status, outcome, errorCode, used, isOwn } = end
    const { usage, measure: units, isMixed } = used
    const { startedMs, firstTokenMs } = turn
    const { price } = pricesAt(planned.target, turn.atMs)
    const tokens = usage ?? noTokens
    const isUnknown = usage === undefined || !isOwn || (isMixed && price?.hasAudioRates !== true)
    const costNanoUsd = isUnknown ? undefined : costOf(price, tokens)
    this.#turns++
    const request = { ...this.#request, id: `${this.#request.id}.${this.#turns}`, receivedAtMs: turn.atMs, startedMs }
    const attempt = attemptRecord(request, {
      planned,
      outcome,
      tokens,
      costNanoUsd: costNanoUsd ?? 0,
      startedMs,
      index: 0,
      stream: true,
      upstreamStatus: 200,
      firstByteMs: firstTokenMs,
      endedMs: nowMs,
      timing: firstTokenMs === 0 ? undefined : { tokens: 1, firstTokenMs, lastTokenMs: nowMs },
    })
    const settled: Outcome = {
      ...this.#common,
      status,
      httpStatus: 200,
      errorCode,
      attempts: [attempt],
      attemptCount: 1,
      fallbackIndex: planned.fallbackIndex,
      tokens,
      units,
      costNanoUsd,
      times: { endedMs: nowMs, upstreamMs: nowMs - startedMs, firstForwardMs: undefined, firstTokenMs },
    }
    this.#settlement.settle(request, settled, [], nothing)
    this.#settlement.use(this.#request, settled)
  }

  session(end: SessionEnd, flush: () => void): void {
    const { nowMs, status, httpStatus, errorCode, attempts, attemptCount, fallbackIndex, openedMs } = end
    const amount = openedMs === undefined ? 0 : Math.round(nowMs - openedMs) / 1_000
    this.#settlement.settle(
      this.#request,
      {
        ...this.#common,
        status,
        httpStatus,
        errorCode,
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

  get #common(): Pick<Outcome, 'model' | 'stream' | 'cacheStatus' | 'estimated'> {
    return { model: this.#model, stream: true, cacheStatus: 'BYPASS', estimated: false }
  }
}

function nothing(): void {}
