// The records of a request and of its attempts.
import type {
  AttemptOutcome,
  AttemptRecord,
  AttemptSettlement,
  RequestRecord,
} from '../../../shared/telemetry/records.ts'
import type { Target } from '../providers/endpoint.ts'
import type { AuthenticatedRequest } from '../request/authenticated-request.ts'
import type { PlannedAttempt } from '../routing/attempt-plan.ts'
import type { StreamTiming } from '../streams/answer-stream.ts'
import type { Tokens } from './attempt-cost.ts'
import type { Outcome } from './outcome.ts'

/** The part of a request that its records name. */
export type RecordedRequest = Pick<
  AuthenticatedRequest,
  'id' | 'operation' | 'caller' | 'user' | 'snapshot' | 'receivedAtMs' | 'startedMs' | 'body'
>

export function requestRecord(request: RecordedRequest, outcome: Outcome): RequestRecord {
  const { caller, startedMs } = request
  const { times, attempts } = outcome
  // The relay of a stream overlaps with the upstream's work, so our own time ends with the first byte forwarded.
  const oursUntilMs = times.firstForwardMs ?? times.endedMs
  return {
    requestId: request.id,
    atMs: request.receivedAtMs,
    route: request.operation.name,
    status: outcome.status,
    httpStatus: outcome.httpStatus,
    errorCode: outcome.errorCode,
    keyId: caller.keyId,
    team: caller.team,
    user: request.user,
    app: caller.app,
    costCenter: caller.costCenter,
    model: outcome.model,
    askedModel: outcome.askedModel,
    limitedBy: outcome.limitedBy,
    stream: outcome.stream,
    attempts: outcome.attemptCount,
    fallbackIndex: outcome.fallbackIndex,
    cacheStatus: outcome.cacheStatus,
    estimated: outcome.estimated,
    tokens: outcome.tokens,
    costNanoUsd: totalCost(attempts),
    unpriced: outcome.costNanoUsd === undefined,
    measure: outcome.units,
    savedNanoUsd: 0,
    totalUs: micros(times.endedMs - startedMs),
    overheadUs: micros(oursUntilMs - startedMs - times.upstreamMs),
    ttftUs: times.firstTokenMs === 0 ? 0 : micros(times.firstTokenMs - startedMs),
    configRevision: request.snapshot.revision,
  }
}

/** Whether the cost of any attempt is not known. */
export function isUnpriced(attempts: readonly AttemptRecord[]): boolean {
  return attempts.some(({ settlement }) => settlement === 'unpriced')
}

/** The cost of all attempts in nano-dollars. */
export function totalCost(attempts: readonly AttemptRecord[]): number {
  let sum = 0
  for (const { costNanoUsd } of attempts) sum += costNanoUsd
  return sum
}

export interface AttemptFacts {
  readonly planned: PlannedAttempt<Target>
  readonly index: number
  readonly stream: boolean
  readonly outcome: AttemptOutcome
  /** The HTTP status of the answer; 0 when no answer came. */
  readonly upstreamStatus: number
  readonly upstreamText?: string | undefined
  readonly tokens: Tokens
  readonly costNanoUsd: number
  /** Absent: `reported`. */
  readonly settlement?: AttemptSettlement | undefined
  /** The time at which the attempt began, in monotonic milliseconds like the two times below. */
  readonly startedMs: number
  /** The time at which the head of the answer came; 0 when none came. */
  readonly firstByteMs: number
  readonly endedMs: number
  readonly timing: StreamTiming | undefined
}

export function attemptRecord(request: RecordedRequest, facts: AttemptFacts): AttemptRecord {
  const { planned, timing, startedMs } = facts
  const { caller } = request
  return {
    requestId: request.id,
    atMs: request.receivedAtMs,
    index: facts.index,
    keyId: caller.keyId,
    team: caller.team,
    user: request.user,
    app: caller.app,
    model: planned.route.model,
    provider: planned.target.provider,
    target: planned.target.model,
    share: planned.trafficShare,
    sharesRevision: planned.sharesRevision,
    outcome: facts.outcome,
    upstreamStatus: facts.upstreamStatus,
    upstreamText: facts.upstreamText,
    stream: facts.stream,
    tokens: facts.tokens,
    costNanoUsd: facts.costNanoUsd,
    firstByteUs: facts.firstByteMs === 0 ? 0 : micros(facts.firstByteMs - startedMs),
    ttftUs: timing === undefined || timing.tokens === 0 ? 0 : micros(timing.firstTokenMs - startedMs),
    interTokenUs: timing === undefined || timing.tokens < 2 ? 0 : interTokenUs(timing),
    totalUs: micros(facts.endedMs - startedMs),
    settlement: facts.settlement,
  }
}

/** An attempt that has ended, as it knows itself. */
type EndedAttempt = Pick<AttemptFacts, 'planned' | 'index' | 'startedMs' | 'firstByteMs' | 'timing'> & {
  readonly status: number
}

/** The record of an attempt by what it knows itself, and how it ended. */
export function recordOfAttempt(
  request: RecordedRequest,
  { planned, index, status, startedMs, firstByteMs, timing }: EndedAttempt,
  end: Omit<AttemptFacts, keyof EndedAttempt | 'upstreamStatus'>,
): AttemptRecord {
  return attemptRecord(request, { ...end, planned, index, startedMs, firstByteMs, timing, upstreamStatus: status })
}

function interTokenUs({ tokens, firstTokenMs, lastTokenMs }: StreamTiming): number {
  return micros((lastTokenMs - firstTokenMs) / (tokens - 1))
}

function micros(ms: number): number {
  return Math.max(0, Math.round(ms * 1_000))
}
