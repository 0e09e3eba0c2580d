// What a caller is sent when an upstream rejected the request itself.
import { type ErrorShape, printError } from '../dialects/error-shapes.ts'
import type { ErrorReply } from '../http/http.ts'
import type { ErrorAnswer } from './gateway-error.ts'

export type ForwardedError = Omit<ErrorReply, 'body'> & { readonly body: string | Buffer }

/** The answer of an upstream that rejected a request: unchanged when it has the caller's error shape, else its text in that
 *  shape. */
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

/** Whether a body has the member `error`, which OpenAI's and Anthropic's shapes both have. */
function isErrorBody(body: Buffer): boolean {
  if (body[0] !== 123) return false
  try {
    const { error } = JSON.parse(body.toString('utf8')) as { error?: unknown }
    return typeof error === 'object' && error !== null
  } catch {
    return false
  }
}
