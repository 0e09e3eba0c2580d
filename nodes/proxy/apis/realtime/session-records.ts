// The records of a realtime session: one for each response, one for each transcript of what the caller said, and one for
// the session itself, which costs nothing by itself.
import { costOf } from '../../../../shared/models/price.ts'
import type { AttemptOutcome, AttemptRecord, RequestStatus } from '../../../../shared/telemetry/records.ts'
import { attemptRecord, type RecordedPlan, requestRecord } from '../../accounting/request-records.ts'
import type { RecordSink } from '../../attempts/dispatch.ts'
import type { RealtimeUse } from '../../dialects/openai/realtime-observer.ts'
import type { Target } from '../../providers/endpoint.ts'
import type { PlannedAttempt } from '../../routing/attempt-plan.ts'
import type { RealtimePlan } from './session-plan.ts'

export interface Turn {
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
  /** When it was opened; undefined when it never was. */
  readonly openedMs: number | undefined
}

const noTokens = { input: 0, output: 0, cached: 0 }

export class RealtimeRecords {
  readonly #plan: RealtimePlan
  readonly #sink: RecordSink
  #turns = 0

  constructor(plan: RealtimePlan, sink: RecordSink) {
    this.#plan = plan
    this.#sink = sink
  }

  /** An attempt to open the session. */
  attempt(
    step: PlannedAttempt<Target>,
    facts: { index: number; startedMs: number; nowMs: number; status: number; outcome: AttemptOutcome },
  ) {
    const { index, startedMs, nowMs, status, outcome } = facts
    const { target, route, trafficShare: share, sharesRevision } = step
    return attemptRecord(this.#plan, {
      ...{ outcome, nowMs, target, model: route.model, index, share, sharesRevision, startedMs },
      ...{ tokens: noTokens, costNanoUsd: 0, upstreamStatus: status, relay: undefined },
      firstByteMs: status === 0 ? 0 : nowMs,
    })
  }

  turn(
    turn: Turn,
    { target, route, trafficShare: share, sharesRevision, fallbackIndex }: PlannedAttempt<Target>,
    end: TurnEnd,
  ): void {
    const { nowMs, status, outcome, errorCode, used, isOwn } = end
    const { usage, measure, isMixed } = used
    const { startedMs, firstTokenMs } = turn
    const tokens = usage ?? noTokens
    const unpriced = target.price === undefined || usage === undefined || isMixed || !isOwn
    this.#turns++
    const requestId = `${this.#plan.requestId}.${this.#turns}`
    const plan: RecordedPlan = { ...this.#plan, requestId, arrivedAtMs: turn.atMs, startedMs, stream: true }
    const relay = firstTokenMs === 0 ? undefined : { tokens: 1, firstTokenMs, lastTokenMs: nowMs }
    const attempt = attemptRecord(plan, {
      ...{ outcome, tokens, nowMs, target, model: route.model, index: 0, share, sharesRevision, startedMs, relay },
      ...{ costNanoUsd: unpriced ? 0 : costOf(target.price, tokens), upstreamStatus: 200, firstByteMs: firstTokenMs },
    })
    const ending = { status, httpStatus: 200, errorCode, tokens, estimated: false, unpriced, measure }
    const times = { nowMs, upstreamMs: nowMs - startedMs, firstForwardMs: undefined, firstTokenMs }
    const record = requestRecord(plan, ending, { ...times, attempts: [attempt], attemptCount: 1, fallbackIndex })
    this.#sink.finish(record, [attempt], nothing)
  }

  session(end: SessionEnd, flush: () => void): void {
    const { nowMs, status, httpStatus, errorCode, attempts, attemptCount, fallbackIndex, openedMs } = end
    const amount = openedMs === undefined ? 0 : Math.round(nowMs - openedMs) / 1_000
    const measure = openedMs === undefined ? undefined : { unit: 'seconds' as const, amount }
    const ending = { status, httpStatus, errorCode, tokens: noTokens, estimated: false, unpriced: false, measure }
    const times = { nowMs, upstreamMs: nowMs - this.#plan.startedMs, firstForwardMs: undefined, firstTokenMs: 0 }
    this.#sink.finish(
      requestRecord(this.#plan, ending, { ...times, attempts, attemptCount, fallbackIndex }),
      attempts,
      flush,
    )
  }
}

function nothing(): void {}
