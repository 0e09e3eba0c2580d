// How an attempt can fail, and what follows: its outcome in the record, the condition on which the request may be retried, and
// what the caller is told when there is no other attempt.
import type { AttemptOutcome } from '../../../shared/telemetry/records.ts'
import type { AttemptCondition } from '../routing/next-attempt.ts'
import type { UpstreamError } from '../upstream/upstream.ts'
import type { GatewayError } from './gateway-error.ts'

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
export const totalTimeout = timeout('The request took longer than its total time allows.')
export const firstTokenTimeout = timeout('The upstream did not begin to answer in time.')
export const idleTimeout = timeout('The upstream stopped in the middle of its answer.')

function timeout(message: string): UpstreamFailure {
  return { outcome: 'timeout', condition: 'timeout', error: { type: 'upstream-timeout', message } }
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
      return { ...brokenOff('The upstream could not be reached.'), outcome: 'connect', condition: 'connect' }
    case 'reset':
      return {
        ...brokenOff('The upstream closed the connection before it had answered.'),
        outcome: 'reset',
        condition: 'connect',
      }
  }
}

function brokenOff(message: string): UpstreamFailure {
  return { outcome: 'http-error', condition: undefined, error: { type: 'upstream-error', message } }
}
