// What a caller is sent when an upstream rejected the request itself.
import type { ChatError } from '../../../shared/chat/error.ts'
import { parseExact } from '../../../shared/json/exact.ts'
import { isObject } from '../dialects/common/body-reader.ts'
import { textOfBody } from '../dialects/common/errors/error-words.ts'
import { type ErrorShape, parseErrorOf, printError } from '../dialects/error-shapes.ts'
import type { ErrorReply } from '../http/http.ts'
import type { ErrorAnswer } from './gateway-error.ts'
import { toldCode } from './told-code.ts'

export type ForwardedError = Omit<ErrorReply, 'body'> & { readonly body: string | Buffer }

/** The answer of an upstream of the caller's dialect that rejected a request: unchanged when it has the caller's error shape, else its
 *  words in that shape, with what else the error has. */
export function forwardedAnswer(answer: ErrorAnswer, shape: ErrorShape, requestId: string): ForwardedError {
  const { status, body } = answer
  const error = errorIn(body)
  if (error !== undefined && hasShape[shape](error)) return { status, headers: headersFor(shape, requestId), body }
  const told = forwardedError(answer, parseErrorOf(shape, status, body), { shape, requestId })
  return shape === 'openai' && error !== undefined ? { ...told, body: withMembers(told.body, error) } : told
}

/** The answer for a rejection that was read in the dialect of its upstream. */
export function forwardedError(
  { status, body }: ErrorAnswer,
  error: ChatError,
  { shape, requestId }: { readonly shape: ErrorShape; readonly requestId: string },
): ForwardedError & { readonly body: string } {
  const { message, param } = error
  const said = message || textOfBody(body) || `The upstream refused the request (${status}) and gave no reason.`
  const facts = { status, type: 'invalid_request_error', code: toldCode(error) ?? null, message: said, param }
  return { status, headers: headersFor(shape, requestId), body: printError(shape, facts, requestId) }
}

function headersFor(shape: ErrorShape, requestId: string): string[] {
  const headers = ['content-type', 'application/json', 'x-request-id', requestId, 'x-should-retry', 'false']
  if (shape === 'anthropic') headers.push('request-id', requestId)
  return headers
}

type Members = Readonly<Record<string, unknown>>

/** The error of a body that has one as the member `error`, as the shapes of all callers have. */
function errorIn(body: Buffer): Members | undefined {
  if (body[0] !== openBrace) return undefined
  try {
    const { error } = parseExact(body.toString('utf8')) as { error?: unknown }
    return isObject(error) ? error : undefined
  } catch {
    return undefined
  }
}

const openBrace = 123

/** Whether an error is what the SDKs of a shape read. */
const hasShape: Readonly<Record<ErrorShape, (error: Members) => boolean>> = {
  openai: ({ message, code }) => isText(message) && (isText(code) || code === null || code === undefined),
  anthropic: ({ message, type }) => isText(message) && isText(type),
  gemini: ({ message, code }) => isText(message) && typeof code === 'number',
}

function isText(value: unknown): boolean {
  return typeof value === 'string'
}

/** The printed error with the members of the upstream's own error that OpenAI's shape leaves room for. */
function withMembers(printed: string, error: Members): string {
  const told = JSON.parse(printed) as { error: Members }
  const type = isText(error['type']) ? error['type'] : told.error['type']
  return JSON.stringify({ error: { ...error, ...told.error, type } })
}
