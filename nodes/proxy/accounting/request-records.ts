// The records of one request and its attempts, built from what the transit saw.
import type { AttemptOutcome, AttemptRecord, RequestRecord, RequestStatus } from '../../../shared/telemetry/records.ts'
import type { BillableUnits } from '../../../shared/usage/billable-units.ts'
import type { TokenCounts } from '../../../shared/usage/token-counts.ts'
import type { TransitPlan } from '../attempts/dispatch-plan.ts'
import type { Target } from '../providers/endpoint.ts'

/** How a request ended. */
export interface Ending {
  readonly status: RequestStatus
  readonly httpStatus: number
  readonly errorCode: string
  readonly tokens: TokenCounts
  readonly estimated: boolean
  /** What it cost is not known. */
  readonly unpriced?: boolean
  readonly measure?: BillableUnits | undefined
}

export interface RequestTimes {
  readonly attempts: readonly AttemptRecord[]
  readonly attemptCount: number
  readonly fallbackIndex: number
  readonly nowMs: number
  readonly upstreamMs: number
  /** Undefined when no byte of a stream was forwarded. */
  readonly firstForwardMs: number | undefined
  /** 0 when there was no token. */
  readonly firstTokenMs: number
}

/** What records tell of a plan. */
export type RecordedPlan = Pick<
  TransitPlan,
  'requestId' | 'arrivedAtMs' | 'startedMs' | 'route' | 'caller' | 'model' | 'stream' | 'user' | 'revision'
>

export function requestRecord(plan: RecordedPlan, ending: Ending, times: RequestTimes): RequestRecord {
  const { caller } = plan
  // In a stream the relay overlaps with the upstream's work, so what counts as ours ends with the first byte forwarded.
  const oursUntilMs = times.firstForwardMs ?? times.nowMs
  return {
    requestId: plan.requestId,
    atMs: plan.arrivedAtMs,
    route: plan.route.name,
    status: ending.status,
    httpStatus: ending.httpStatus,
    errorCode: ending.errorCode,
    keyId: caller.keyId,
    team: caller.team,
    user: plan.user,
    app: caller.app,
    costCenter: caller.costCenter,
    model: plan.model,
    stream: plan.stream,
    attempts: times.attemptCount,
    fallbackIndex: times.fallbackIndex,
    cacheStatus: 'BYPASS',
    estimated: ending.estimated,
    tokens: ending.tokens,
    costNanoUsd: totalCost(times.attempts),
    unpriced: ending.unpriced === true,
    measure: ending.measure,
    savedNanoUsd: 0,
    totalUs: micros(times.nowMs - plan.startedMs),
    overheadUs: micros(oursUntilMs - plan.startedMs - times.upstreamMs),
    ttftUs: times.firstTokenMs === 0 ? 0 : micros(times.firstTokenMs - plan.startedMs),
    configRevision: plan.revision,
  }
}

export interface AttemptFacts {
  readonly outcome: AttemptOutcome
  readonly tokens: TokenCounts
  readonly costNanoUsd: number
  readonly nowMs: number
  readonly target: Target
  readonly model: string
  readonly index: number
  readonly share: number
  readonly sharesRevision: number
  readonly upstreamStatus: number
  readonly startedMs: number
  /** 0 when no byte came. */
  readonly firstByteMs: number
  readonly relay: { readonly tokens: number; readonly firstTokenMs: number; readonly lastTokenMs: number } | undefined
}

export function attemptRecord(plan: RecordedPlan, facts: AttemptFacts): AttemptRecord {
  const { target, relay, startedMs } = facts
  const tokens = relay?.tokens ?? 0
  const { caller } = plan
  return {
    requestId: plan.requestId,
    atMs: plan.arrivedAtMs,
    index: facts.index,
    keyId: caller.keyId,
    team: caller.team,
    user: plan.user,
    app: caller.app,
    model: facts.model,
    provider: target.provider,
    target: target.model,
    share: facts.share,
    sharesRevision: facts.sharesRevision,
    outcome: facts.outcome,
    upstreamStatus: facts.upstreamStatus,
    stream: plan.stream,
    tokens: facts.tokens,
    costNanoUsd: facts.costNanoUsd,
    firstByteUs: facts.firstByteMs === 0 ? 0 : micros(facts.firstByteMs - startedMs),
    ttftUs: tokens === 0 ? 0 : micros(relay!.firstTokenMs - startedMs),
    interTokenUs: tokens < 2 ? 0 : micros((relay!.lastTokenMs - relay!.firstTokenMs) / (tokens - 1)),
    totalUs: micros(facts.nowMs - startedMs),
  }
}

function totalCost(attempts: readonly AttemptRecord[]): number {
  let sum = 0
  for (const { costNanoUsd } of attempts) sum += costNanoUsd
  return sum
}

function micros(ms: number): number {
  return Math.max(0, Math.round(ms * 1_000))
}
