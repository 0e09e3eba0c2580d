// Every answer that is not an upstream's, in the caller's error shape.
import type { Chance } from '../../../shared/clock.ts'
import { type ErrorShape, printError } from '../dialects/error-shapes.ts'
import type { ErrorReply } from '../http/http.ts'
import type { Row } from './error-row.ts'
import { errorRow } from './error-table.ts'
import type { GatewayError } from './gateway-error.ts'

export interface ErrorContext {
  readonly requestId: string
  readonly shape: ErrorShape
  readonly chance: Chance
}

/** The answer of an error. Its retry hint gets up to half as much again by `chance`, so that callers who were refused together
 *  do not return together. */
export function errorAnswer(refusal: GatewayError, { requestId, shape, chance }: ErrorContext): CodedErrorAnswer {
  const { row, before, after } = preparedAnswer(refusal, shape)
  const body = after === '' ? before : before + requestId + after
  const headers = headersOf(row, requestId, chance)
  if (shape === 'anthropic') headers.push('request-id', requestId)
  return { status: row.status, code: row.code ?? refusal.type, headers, body }
}

/** The answer of an error, with its code for records and counters. */
export type CodedErrorAnswer = ErrorReply & { readonly code: string }

interface Prepared {
  readonly row: Row
  /** The body, cut where the request's id stands in it, if it does. */
  readonly before: string
  readonly after: string
}

/** The answers to floods of refused callers, each made once: those refusals depend on a model's name at most. */
const prepared = new Map<string, Prepared>()
const preparedMax = 256

function preparedAnswer(refusal: GatewayError, shape: ErrorShape): Prepared {
  const flood = floodKey(refusal)
  if (flood === undefined) return prepare(refusal, shape)
  const key = shape + flood
  let answer = prepared.get(key)
  if (answer === undefined) {
    answer = prepare(refusal, shape)
    if (prepared.size >= preparedMax) prepared.clear()
    prepared.set(key, answer)
  }
  return answer
}

function floodKey(refusal: GatewayError): string | undefined {
  switch (refusal.type) {
    case 'unknown-key':
      return `unknown-key ${refusal.looksLike ?? ''}`
    case 'missing-key':
      return `missing-key ${refusal.lacks ?? ''}`
    case 'ambiguous-credentials':
    case 'key-full':
      return refusal.type
    case 'model-not-allowed':
      return `model ${refusal.model}`
    default:
      return undefined
  }
}

/** The mark that stands for the request's id, which comes last in the shapes that have it. */
const idMark = '{id}'

function prepare(refusal: GatewayError, shape: ErrorShape): Prepared {
  const row = inShape(errorRow(refusal), shape)
  const { message, type, param, code, status } = row
  const body = printError(shape, { status, type, code, message, param }, idMark)
  if (shape !== 'anthropic') return { row, before: body, after: '' }
  const at = body.lastIndexOf(idMark)
  return { row, before: body.slice(0, at), after: body.slice(at + idMark.length) }
}

/** The row in a caller's shape: Anthropic has a status of its own for what passes by itself. */
function inShape(found: Row, shape: ErrorShape): Row {
  return shape === 'anthropic' && found.code === 'overloaded' ? { ...found, status: 529 } : found
}

/** The longest wait within a call. OpenAI's SDKs try again within seconds where they are told a longer one, and Anthropic's sleep for all of
 *  it, be it a month. Sources: openai 7.57 and @anthropic-ai/sdk 1.14, `retryRequest`. */
const retryWaitMsMax = 60_000

function headersOf(found: Row, requestId: string, chance: Chance): string[] {
  const mayRetry = found.retry && (found.retryAfterMs ?? 0) <= retryWaitMsMax
  const headers = ['content-type', 'application/json', 'x-request-id', requestId, 'x-should-retry', String(mayRetry)]
  if (found.retryAfterMs !== undefined) {
    const waitMs =
      found.status === 503 || found.status === 529 ? found.retryAfterMs * (1 + chance() / 2) : found.retryAfterMs
    headers.push('retry-after', String(Math.max(1, Math.ceil(waitMs / 1_000))))
    headers.push('retry-after-ms', String(Math.max(1, Math.ceil(waitMs))))
  }
  if (found.headers !== undefined) headers.push(...found.headers)
  return headers
}
