// What may go wrong with an attempt, and what follows from it: how it is recorded, on which condition it may be tried
// again, and what the caller is told when it was the last one.
import type { RetryCondition } from '../../shared/config/kinds.ts'
import type { AttemptOutcome } from '../../shared/telemetry/records.ts'
import type { RefusalAnswer } from './http/http.ts'
import type { Refusal } from './refusals.ts'
import type { UpstreamError, UpstreamHead } from './upstream/upstream.ts'

export interface Failure {
  readonly outcome: AttemptOutcome
  /** `auth` moves on to another target always; undefined is not worth another attempt. */
  readonly condition: RetryCondition | 'auth' | undefined
  readonly refusal: Refusal
  readonly retryAfterMs?: number | undefined
}

/** Marks the answer that goes to the caller as the upstream gave it. */
export const passedOn: Refusal = { type: 'upstream-error', message: 'The upstream refused the request.' }
/** Marks the error that an upstream reported inside its stream. */
export const errorEvent: Refusal = { type: 'upstream-error', message: 'The upstream reported an error in its stream.' }

export const brokenAnswer: Failure = {
  outcome: 'protocol',
  condition: '5xx',
  refusal: { type: 'upstream-protocol' },
}
export const cutStream: Failure = {
  outcome: 'reset',
  condition: '5xx',
  refusal: { type: 'upstream-error', message: 'The upstream ended its answer before it was complete.' },
}
export const errorInStream: Failure = { outcome: 'http-error', condition: '5xx', refusal: errorEvent }
export const totalTimeout = timeout('The request took longer than its total time allows.')
export const firstTokenTimeout = timeout('The upstream did not begin to answer in time.')
export const idleTimeout = timeout('The upstream stopped in the middle of its answer.')

function timeout(message: string): Failure {
  return { outcome: 'timeout', condition: 'timeout', refusal: { type: 'upstream-timeout', message } }
}

/** What an answer outside 2xx means: worth another attempt, or the caller's to mend. */
export function failureOfStatus(status: number, retryAfterMs: number | undefined): Failure {
  if (status === 429) {
    return {
      outcome: 'http-error',
      condition: '429',
      refusal: { type: 'upstream-limited', retryAfterMs: retryAfterMs ?? 1_000 },
      retryAfterMs,
    }
  }
  if (status === 401 || status === 402 || status === 403) {
    return { outcome: 'auth', condition: 'auth', refusal: { type: 'upstream-auth' } }
  }
  if (status >= 500) return { ...httpError(`The upstream answered ${status}.`), condition: '5xx', retryAfterMs }
  if (status === 408) {
    const refusal: Refusal = { type: 'upstream-timeout', message: 'The upstream gave up waiting for the request.' }
    return { outcome: 'http-error', condition: '408', refusal }
  }
  if (status < 400) return httpError(`The upstream answered with a redirect (${status}), which is not followed.`)
  return { outcome: 'http-error', condition: status === 409 ? '409' : undefined, refusal: passedOn }
}

function httpError(message: string): Failure {
  return { outcome: 'http-error', condition: undefined, refusal: { type: 'upstream-error', message } }
}

export function failureOfError(error: UpstreamError): Failure {
  switch (error.type) {
    case 'tls':
      return { outcome: 'tls', condition: 'connect', refusal: { type: 'upstream-tls' } }
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

/** `retry-after-ms`, then `retry-after` in seconds or as a date. */
export function retryAfterMsOf(head: UpstreamHead, wallMs: number): number | undefined {
  const exact = Number(head.header('retry-after-ms') ?? Number.NaN)
  if (exact >= 0) return exact
  const text = head.header('retry-after')
  if (text === undefined || text.trim() === '') return undefined
  const seconds = Number(text)
  if (seconds >= 0) return seconds * 1_000
  const dateMs = Date.parse(text)
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - wallMs)
}

/** An upstream's own refusal of a request: as it is when it has our error shape, its text in ours otherwise. */
export function passedOnAnswer(
  upstream: { status: number; contentType: string; body: Buffer },
  requestId: string,
): Omit<RefusalAnswer, 'body'> & { body: string | Buffer } {
  const { status, contentType, body } = upstream
  const headers = ['content-type', 'application/json', 'x-request-id', requestId, 'x-should-retry', 'false']
  if (isOpenAiError(body)) return { status, headers, body }
  const text = contentType.includes('html') ? '' : body.toString('utf8').slice(0, 1_000).trim()
  const message = text === '' ? `The upstream refused the request (${status}) and gave no reason.` : text
  const error = { message, type: 'invalid_request_error', param: null, code: null }
  return { status, headers, body: JSON.stringify({ error }) }
}

function isOpenAiError(body: Buffer): boolean {
  if (body[0] !== 123) return false
  try {
    const { error } = JSON.parse(body.toString('utf8')) as { error?: unknown }
    return typeof error === 'object' && error !== null
  } catch {
    return false
  }
}
