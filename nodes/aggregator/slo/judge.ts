// Whether a record counts for an objective, and as what.
//
// Availability counts what reached an upstream. Left out are callers who left and requests that are wrong in themselves
// (a 4xx that an upstream gave and another one would give too): neither says anything about the service. An upstream's 429,
// 401 and 403 are ours to avoid, so they are failures. Latency objectives count what was answered: a failure has no
// latency, and availability counts it already.
import type { AttemptRecord, RequestRecord } from '../../../shared/telemetry/records.ts'
import type { Objective } from './objective.ts'

export type Verdict = 'good' | 'bad' | 'not-counted'

export function judgeRequest(objective: Objective, request: RequestRecord): Verdict {
  const { match } = objective
  if (objective.unit !== 'request' || request.attempts === 0) return 'not-counted'
  if (match.model !== undefined && match.model !== request.model) return 'not-counted'
  if (!isOfCaller(match, request)) return 'not-counted'
  switch (objective.objective) {
    case 'availability':
      return availabilityOfRequest(request)
    case 'ttft':
      return within(objective, request.status === 'ok' ? request.ttftUs : 0)
    case 'total':
      return within(objective, request.status === 'ok' ? request.totalUs : 0)
    default:
      return 'not-counted'
  }
}

export function judgeAttempt(objective: Objective, attempt: AttemptRecord): Verdict {
  return objective.unit === 'attempt' ? judgeAsAttempt(objective, attempt) : 'not-counted'
}

/** Verdict on an attempt, as if the objective counted attempts. Weights of targets need it. */
export function judgeAsAttempt(objective: Objective, attempt: AttemptRecord): Verdict {
  const { match } = objective
  if (match.provider !== undefined && match.provider !== attempt.provider) return 'not-counted'
  if (match.target !== undefined && match.target !== attempt.target) return 'not-counted'
  if (match.model !== undefined && match.model !== attempt.model) return 'not-counted'
  if (!isOfCaller(match, attempt)) return 'not-counted'
  switch (objective.objective) {
    case 'availability':
      return availabilityOfAttempt(attempt)
    case 'ttft':
      return within(objective, attempt.outcome === 'ok' ? attempt.ttftUs : 0)
    case 'itl':
      return within(objective, attempt.outcome === 'ok' ? attempt.interTokenUs : 0)
    case 'total':
      return within(objective, attempt.outcome === 'ok' ? attempt.totalUs : 0)
  }
}

interface Called {
  readonly keyId: string
  readonly team: string
  readonly user: string
  readonly app: string
}

function isOfCaller(match: Objective['match'], called: Called): boolean {
  return (
    (match.key === undefined || match.key === called.keyId) &&
    (match.team === undefined || match.team === called.team) &&
    (match.user === undefined || match.user === called.user) &&
    (match.app === undefined || match.app === called.app)
  )
}

/** Codes of streams that a limit or a budget has ended, which says nothing about the service. */
const exhausted: ReadonlySet<string> = new Set(['limit_exhausted', 'budget_exhausted'])

function availabilityOfRequest({ status, httpStatus, errorCode }: RequestRecord): Verdict {
  if (status === 'ok') return 'good'
  if (status === 'cut') return exhausted.has(errorCode) ? 'not-counted' : 'bad'
  if (status !== 'failed' || isOfCallersMaking(httpStatus)) return 'not-counted'
  return 'bad'
}

function availabilityOfAttempt({ outcome, upstreamStatus }: AttemptRecord): Verdict {
  if (outcome === 'ok') return 'good'
  if (outcome === 'aborted') return 'not-counted'
  return outcome === 'http-error' && isOfCallersMaking(upstreamStatus) ? 'not-counted' : 'bad'
}

/** 408 and 429 are the upstream's: it gave up waiting, or had enough. */
function isOfCallersMaking(status: number): boolean {
  return status >= 400 && status < 500 && status !== 408 && status !== 429
}

/** 0 was not measured. */
function within({ thresholdUs }: Pick<Objective, 'thresholdUs'>, us: number): Verdict {
  if (!(us > 0)) return 'not-counted'
  return us <= thresholdUs ? 'good' : 'bad'
}
