// What may go wrong with an attempt, and what follows from it: how it is recorded, on which condition it may be tried
// again, and what the caller is told when it was the last one.
import type { ChatError, ChatErrorKind } from '../../../shared/chat/error.ts'
import type { RetryCondition } from '../../../shared/config/kinds/models/spec.ts'
import type { AttemptOutcome } from '../../../shared/telemetry/records.ts'
import { type ErrorShape, printError } from '../dialects/error-shapes.ts'
import type { ErrorAnswer, ForwardedError } from '../translators/translator.ts'
import type { UpstreamError, UpstreamHead } from '../upstream/upstream.ts'
import type { GatewayError } from './error-table.ts'

export interface UpstreamFailure {
  readonly outcome: AttemptOutcome
  /** `auth` moves on to another target always; undefined is not worth another attempt. */
  readonly condition: RetryCondition | 'auth' | undefined
  readonly error: GatewayError
  readonly retryAfterMs?: number | undefined
}

/** Marks the answer that goes to the caller as the upstream gave it. */
export const forwardedError: GatewayError = { type: 'upstream-error', message: 'The upstream refused the request.' }
/** Marks the error that an upstream reported inside its stream. */
export const errorEvent: GatewayError = {
  type: 'upstream-error',
  message: 'The upstream reported an error in its stream.',
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
export const errorInStream: UpstreamFailure = { outcome: 'http-error', condition: '5xx', error: errorEvent }
/** What has to be shown to the upstream is not there: an identity service does not give it. */
export const noCredential: UpstreamFailure = { outcome: 'auth', condition: 'auth', error: { type: 'upstream-auth' } }
export const totalTimeout = timeout('The request took longer than its total time allows.')
export const firstTokenTimeout = timeout('The upstream did not begin to answer in time.')
export const idleTimeout = timeout('The upstream stopped in the middle of its answer.')

function timeout(message: string): UpstreamFailure {
  return { outcome: 'timeout', condition: 'timeout', error: { type: 'upstream-timeout', message } }
}

/** What an answer outside 2xx means: worth another attempt, or the caller's to mend. */
export function failureOfStatus(status: number, retryAfterMs: number | undefined): UpstreamFailure {
  if (status === 429) {
    return {
      outcome: 'http-error',
      condition: '429',
      error: { type: 'upstream-limited', retryAfterMs: retryAfterMs ?? 1_000 },
      retryAfterMs,
    }
  }
  if (status === 401 || status === 402 || status === 403) {
    return { outcome: 'auth', condition: 'auth', error: { type: 'upstream-auth' } }
  }
  if (status >= 500) return { ...httpError(`The upstream answered ${status}.`), condition: '5xx', retryAfterMs }
  if (status === 408) {
    const refusal: GatewayError = { type: 'upstream-timeout', message: 'The upstream gave up waiting for the request.' }
    return { outcome: 'http-error', condition: '408', error: refusal }
  }
  if (status < 400) return httpError(`The upstream answered with a redirect (${status}), which is not followed.`)
  return { outcome: 'http-error', condition: status === 409 ? '409' : undefined, error: forwardedError }
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

/** An upstream's own refusal of a request: as it is when it has the caller's error shape, its text in it otherwise. */
export function forwardedAnswer(
  { status, contentType, body }: ErrorAnswer,
  shape: ErrorShape,
  requestId: string,
): ForwardedError {
  const headers = ['content-type', 'application/json', 'x-request-id', requestId, 'x-should-retry', 'false']
  if (shape === 'anthropic') headers.push('request-id', requestId)
  if (isErrorBody(body)) return { status, headers, body }
  const text = contentType.includes('html') ? '' : body.toString('utf8').slice(0, 1_000).trim()
  const message = text === '' ? `The upstream refused the request (${status}) and gave no reason.` : text
  const facts = { status, message, type: 'invalid_request_error', param: undefined, code: null }
  return { status, headers, body: printError(shape, facts, requestId) }
}

/** OpenAI's and Anthropic's shapes both have it. */
function isErrorBody(body: Buffer): boolean {
  if (body[0] !== 123) return false
  try {
    const { error } = JSON.parse(body.toString('utf8')) as { error?: unknown }
    return typeof error === 'object' && error !== null
  } catch {
    return false
  }
}

/** What an upstream says in a dialect that was read tells more than its status. */
export function failureOfChatError({ status, retryAfterMs }: ErrorAnswer, error: ChatError): UpstreamFailure {
  const waitMs = retryAfterMs ?? error.retryAfterMs
  switch (error.kind) {
    case 'authentication':
    case 'permission':
    case 'quota':
      return { outcome: 'auth', condition: 'auth', error: { type: 'upstream-auth' } }
    case 'rate-limit':
      return failureOfStatus(429, waitMs)
    case 'overloaded':
      return failureOfStatus(Math.max(500, status), waitMs)
    default:
      return failureOfStatus(status, waitMs)
  }
}

/** An error in the place of the first event: as if the answer had had that status. */
export function failureInStream(error: ChatError | undefined): UpstreamFailure {
  switch (error?.kind) {
    case 'invalid-request':
    case 'context-length':
    case 'content-policy':
    case 'too-large':
      return { outcome: 'http-error', condition: undefined, error: refusedInStream(error) }
    case 'authentication':
    case 'permission':
    case 'quota':
    case 'rate-limit':
      return { ...failureOfChatError({ status: 429, contentType: '', retryAfterMs: undefined, body: nothing }, error) }
    default:
      return errorInStream
  }
}

function refusedInStream(error: ChatError): GatewayError {
  const { message, param, kind } = error
  const status = kind === 'too-large' ? 413 : 400
  return { type: 'upstream-refused', status, code: toldCode(error), message, param }
}

/** In OpenAI's words where callers look for them, to make a conversation shorter or to ask otherwise; else the upstream's. */
export function toldCode({ kind, code }: ChatError): string | undefined {
  return codes[kind] ?? code
}

const codes: Readonly<Partial<Record<ChatErrorKind, string>>> = {
  'context-length': 'context_length_exceeded',
  'content-policy': 'content_policy_violation',
}

const nothing = Buffer.alloc(0)
