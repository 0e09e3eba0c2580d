// How an attempt can fail, and what follows: its outcome in the record, the condition on which the request may be retried, and
// what the caller is told when there is no other attempt.
import type { ChatError } from '../../../shared/chat/error.ts'
import type { RetryCondition } from '../../../shared/config/kinds/models/spec.ts'
import type { AttemptOutcome } from '../../../shared/telemetry/records.ts'
import type { UpstreamError } from '../upstream/upstream.ts'
import type { ErrorAnswer, GatewayError } from './gateway-error.ts'
import { saidOf } from './upstream-text.ts'

export interface UpstreamFailure {
  readonly outcome: AttemptOutcome
  /** The condition on which the request is retried. `auth` always moves on to another target; undefined is never retried. */
  readonly condition: RetryCondition | 'auth' | undefined
  readonly error: GatewayError
  /** Why the failure passes by itself, so that the caller may come again: the upstream limits the rate, or has more work than it
   *  can do. */
  readonly passing?: 'limited' | 'overloaded' | undefined
  /** The wait that the upstream asked for. */
  readonly retryAfterMs?: number | undefined
  /** What the upstream said of its own failure, for the operator. */
  readonly said?: string | undefined
}

export const brokenAnswer: UpstreamFailure = {
  outcome: 'protocol',
  condition: '5xx',
  error: { type: 'upstream-protocol' },
}
export const cutStream: UpstreamFailure = {
  outcome: 'reset',
  condition: '5xx',
  error: { type: 'upstream-error', message: 'The upstream ended its answer before it was complete.' },
}
/** The failure of an attempt without a credential to show, because an identity service does not issue it. */
export const noCredential: UpstreamFailure = { outcome: 'auth', condition: 'auth', error: { type: 'upstream-auth' } }
export const totalTimeout = timeout('The request took longer than its total time allows.')
export const firstTokenTimeout = timeout('The upstream did not begin to answer in time.')
export const idleTimeout = timeout('The upstream stopped in the middle of its answer.')

function timeout(message: string): UpstreamFailure {
  return { outcome: 'timeout', condition: 'timeout', error: { type: 'upstream-timeout', message } }
}

/** What an answer outside 2xx means: worth another attempt, or the caller's to mend. `meant` is the status that the answer's
 *  body turned out to mean, where it means another one. */
export function failureOfAnswer(answer: ErrorAnswer, meant: MeantStatus = answer): UpstreamFailure {
  const { status, retryAfterMs } = meant
  if (status === 429) {
    return {
      outcome: 'http-error',
      condition: '429',
      error: { type: 'upstream-limited', retryAfterMs: retryAfterMs ?? 1_000 },
      passing: 'limited',
      retryAfterMs,
    }
  }
  if (status === 503 || status === overloadedStatus) return { ...overloaded(retryAfterMs), said: saidOf(answer) }
  if (status === 401 || status === 402 || status === 403) {
    return { outcome: 'auth', condition: 'auth', error: { type: 'upstream-auth' } }
  }
  if (status >= 500) {
    const failure = httpError(`The upstream answered ${status}.`)
    return { ...failure, condition: '5xx', retryAfterMs, said: saidOf(answer) }
  }
  if (status === 408) {
    const error: GatewayError = { type: 'upstream-timeout', message: 'The upstream gave up waiting for the request.' }
    return { outcome: 'http-error', condition: '408', error }
  }
  if (status < 400) return httpError(`The upstream answered with a redirect (${status}), which is not followed.`)
  return {
    outcome: 'http-error',
    condition: status === 409 ? '409' : undefined,
    error: { type: 'upstream-rejected', answer },
  }
}

type MeantStatus = Pick<ErrorAnswer, 'status' | 'retryAfterMs'>

/** Anthropic's status of an overload (https://platform.claude.com/docs/en/api/errors). */
const overloadedStatus = 529

function overloaded(retryAfterMs: number | undefined): UpstreamFailure {
  return {
    outcome: 'http-error',
    condition: '5xx',
    error: { type: 'upstream-overloaded', retryAfterMs },
    passing: 'overloaded',
    retryAfterMs,
  }
}

function httpError(message: string): UpstreamFailure {
  return { outcome: 'http-error', condition: undefined, error: { type: 'upstream-error', message } }
}

export function failureOfError(error: UpstreamError): UpstreamFailure {
  switch (error.type) {
    case 'tls':
      return { outcome: 'tls', condition: 'connect', error: { type: 'upstream-tls' } }
    case 'protocol':
      return brokenAnswer
    case 'connect-timeout':
      return { ...timeout('The upstream could not be connected to in time.'), outcome: 'connect', condition: 'connect' }
    case 'connect':
      return { ...httpError('The upstream could not be reached.'), outcome: 'connect', condition: 'connect' }
    case 'reset':
      return {
        ...httpError('The upstream closed the connection before it had answered.'),
        outcome: 'reset',
        condition: 'connect',
      }
  }
}

/** What an error means that was read in the upstream's dialect: it tells more than the status. */
export function failureOfChatError(answer: ErrorAnswer, error: ChatError): UpstreamFailure {
  const { status } = answer
  const retryAfterMs = answer.retryAfterMs ?? error.retryAfterMs
  switch (error.kind) {
    case 'authentication':
    case 'permission':
    case 'quota':
      return { outcome: 'auth', condition: 'auth', error: { type: 'upstream-auth' } }
    case 'rate-limit':
      return failureOfAnswer(answer, { status: 429, retryAfterMs })
    case 'overloaded':
      return { ...overloaded(retryAfterMs), said: saidOf(answer) }
    default:
      return failureOfAnswer(answer, { status, retryAfterMs })
  }
}
