// A finished request as the admin API shows it: flat, in milliseconds and dollars.
import type { DecodedRequest } from '../../../shared/telemetry/decode.ts'
import type { AttemptRecord } from '../../../shared/telemetry/records.ts'

export type RequestItem = ReturnType<typeof requestItem>
export type AttemptItem = ReturnType<typeof attemptItem>

export interface RequestDetail extends Omit<RequestItem, 'attempts'> {
  attempts: AttemptItem[]
  /** The facts of the records about the choice of target. */
  explain: { revision: number; chosen: { provider: string; target: string } | undefined; attempts: AttemptItem[] }
}

export function requestItem({ record, provider, target }: DecodedRequest) {
  return {
    id: record.requestId,
    at: timeOf(record.atMs),
    route: record.route,
    status: record.status,
    httpStatus: record.httpStatus,
    errorCode: record.errorCode,
    key: record.keyId,
    team: record.team,
    user: record.user,
    app: record.app,
    costCenter: record.costCenter,
    model: record.model,
    ...(record.askedModel === undefined ? {} : { askedModel: record.askedModel }),
    ...(record.limitedBy === undefined ? {} : { limitedBy: record.limitedBy }),
    provider,
    target,
    stream: record.stream,
    attempts: record.attempts,
    fallbackIndex: record.fallbackIndex,
    cacheStatus: record.cacheStatus,
    estimated: record.estimated,
    inputTokens: record.tokens.input,
    outputTokens: record.tokens.output,
    cachedTokens: record.tokens.cached,
    costUsd: record.costNanoUsd / 1e9,
    unpriced: record.unpriced === true,
    ...(record.measure === undefined ? {} : { measure: record.measure }),
    savedUsd: record.savedNanoUsd / 1e9,
    totalMs: record.totalUs / 1e3,
    overheadMs: record.overheadUs / 1e3,
    ttftMs: record.ttftUs / 1e3,
    configRevision: record.configRevision,
  }
}

export function requestDetail(request: DecodedRequest, attempts: readonly AttemptRecord[]): RequestDetail {
  const attemptList = attempts.toSorted((a, b) => a.index - b.index || a.atMs - b.atMs).map(attemptItem)
  const { provider, target } = request
  const chosen = target === '' ? undefined : { provider, target }
  const explain = { revision: request.record.configRevision, chosen, attempts: attemptList }
  return { ...requestItem(request), attempts: attemptList, explain }
}

function attemptItem(attempt: AttemptRecord) {
  return {
    index: attempt.index,
    at: timeOf(attempt.atMs),
    model: attempt.model,
    provider: attempt.provider,
    target: attempt.target,
    ...(attempt.share === 0 ? {} : { share: attempt.share / 1e3, sharesRevision: attempt.sharesRevision }),
    outcome: attempt.outcome,
    upstreamStatus: attempt.upstreamStatus,
    ...(attempt.upstreamText === undefined ? {} : { upstreamText: attempt.upstreamText }),
    ...(attempt.retryWithheld === undefined ? {} : { retryWithheld: true }),
    ...(attempt.passedOver === undefined ? {} : { passedOver: true }),
    ...(attempt.queuedUs === undefined ? {} : { queuedMs: attempt.queuedUs / 1e3 }),
    inputTokens: attempt.tokens.input,
    outputTokens: attempt.tokens.output,
    cachedTokens: attempt.tokens.cached,
    costUsd: attempt.costNanoUsd / 1e9,
    ...(attempt.settlement === undefined ? {} : { settlement: attempt.settlement }),
    firstByteMs: attempt.firstByteUs / 1e3,
    ttftMs: attempt.ttftUs / 1e3,
    interTokenMs: attempt.interTokenUs / 1e3,
    totalMs: attempt.totalUs / 1e3,
  }
}

/** A record with a time that no calendar has must not take its whole page away. */
function timeOf(ms: number): string {
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : ''
}
