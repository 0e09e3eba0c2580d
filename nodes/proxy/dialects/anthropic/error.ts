// Error bodies of the Anthropic API: {"type": "error", "error": {"type", "message"}, "request_id"}.
import { type ChatError, type ChatErrorKind, errorKindOfStatus } from '../../../../shared/chat/error.ts'
import type { JsonObject } from '../../../../shared/chat/parts.ts'
import { isObject } from '../common/body-reader.ts'
import { closerKind } from '../common/errors/closer-kind.ts'
import { errorObjectIn, wordsIn, wordsOfBody } from '../common/errors/error-words.ts'
import { statedWaitMs } from '../common/errors/stated-wait.ts'

const kinds: Readonly<Record<string, ChatErrorKind>> = {
  invalid_request_error: 'invalid-request',
  authentication_error: 'authentication',
  billing_error: 'quota',
  permission_error: 'permission',
  not_found_error: 'not-found',
  request_too_large: 'too-large',
  rate_limit_error: 'rate-limit',
  timeout_error: 'timeout',
  api_error: 'server',
  overloaded_error: 'overloaded',
}

export function parseAnthropicError(status: number, body: Buffer): ChatError {
  return readAnthropicError(status, errorObjectIn(body) ?? {}, wordsOfBody(body))
}

/** `words`: the text of the error, where the body has it in a place of its own. */
export function readAnthropicError(status: number, body: JsonObject, words = ''): ChatError {
  const error = isObject(body['error']) ? body['error'] : body
  const code = typeof error['type'] === 'string' && error['type'] !== 'error' ? error['type'] : undefined
  const message = wordsIn(error) ?? wordsIn(body) ?? words
  const kind = kindOf(status, code)
  return {
    kind: closerKind(kind, message),
    message,
    code,
    retryAfterMs: statedWaitMs(body, message),
  }
}

/** The kind of a type. `invalid_request_error` and `api_error` are shared by many errors, so that an exact status goes before them. */
function kindOf(status: number, code: string | undefined): ChatErrorKind {
  const byStatus = errorKindOfStatus(status)
  const known = kinds[code ?? '']
  if (known === undefined) return byStatus
  const isGeneric = known === 'invalid-request' || known === 'server'
  return isGeneric && byStatus !== 'invalid-request' && byStatus !== 'server' ? byStatus : known
}

const typesByStatus: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  529: 'overloaded_error',
}

export function anthropicErrorType(status: number): string {
  return typesByStatus[status] ?? (status >= 500 ? 'api_error' : 'invalid_request_error')
}

export function printAnthropicError(status: number, message: string, requestId: string): string {
  return JSON.stringify({ type: 'error', error: { type: anthropicErrorType(status), message }, request_id: requestId })
}
