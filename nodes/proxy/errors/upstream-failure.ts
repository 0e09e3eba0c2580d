// How an attempt can fail, and what follows: its outcome in the record, the condition on which the request may be retried, and
// what the caller is told when there is no other attempt.
import type { AttemptOutcome } from '../../../shared/telemetry/records.ts'
import type { AttemptCondition } from '../routing/next-attempt.ts'
import type { UpstreamError } from '../upstream/upstream.ts'
import { connectCauseIn, tlsCauseIn } from './connect-cause.ts'
import type { GatewayError } from './gateway-error.ts'
import { keptText } from './upstream-text.ts'

export interface UpstreamFailure {
  readonly outcome: AttemptOutcome
  /** The condition on which the request is retried; undefined is never retried. */
  readonly condition: AttemptCondition | undefined
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
/** The failure of an attempt that must not be sent, because it cannot be journaled. */
export const notJournaled: UpstreamFailure = {
  outcome: 'aborted',
  condition: undefined,
  error: { type: 'journal-away' },
}
export const totalTimeout = timeout('The request took longer than its total time allows.')
export const firstTokenTimeout = timeout('The upstream did not begin to answer in time.')
export const idleTimeout = timeout('The upstream stopped in the middle of its answer.')

function timeout(message: string): UpstreamFailure {
  return { outcome: 'timeout', condition: 'timeout', error: { type: 'upstream-timeout', message } }
}

export function failureOfError(error: UpstreamError): UpstreamFailure {
  return { ...failures[error.type](error.message), said: keptText(error.message) }
}

/** The failure with the name of the provider in what the caller is told. */
export function failureAt(failure: UpstreamFailure, provider: string): UpstreamFailure {
  const { error } = failure
  switch (error.type) {
    case 'upstream-error':
    case 'upstream-timeout':
    case 'upstream-auth':
    case 'upstream-tls':
    case 'upstream-protocol':
      return { ...failure, error: { ...error, provider } }
    default:
      return failure
  }
}

const failures: { readonly [Type in UpstreamError['type']]: (message: string) => UpstreamFailure } = {
  tls: (message) => ({
    outcome: 'tls',
    condition: 'connect',
    error: { type: 'upstream-tls', cause: tlsCauseIn(message) },
  }),
  protocol: () => brokenAnswer,
  'connect-timeout': () => {
    const failure = timeout('The upstream could not be connected to in time.')
    return { ...failure, outcome: 'connect', condition: 'connect' }
  },
  connect: (message) => {
    const failure = brokenOff(`The upstream could not be reached${clause(connectCauseIn(message))}.`)
    return { ...failure, outcome: 'connect', condition: 'connect' }
  },
  reset: () => {
    const failure = brokenOff('The upstream closed the connection before it had answered.')
    return { ...failure, outcome: 'reset', condition: 'connect' }
  },
}

function clause(cause: string | undefined): string {
  return cause === undefined ? '' : `: ${cause}`
}

function brokenOff(message: string): UpstreamFailure {
  return { outcome: 'http-error', condition: undefined, error: { type: 'upstream-error', message } }
}
