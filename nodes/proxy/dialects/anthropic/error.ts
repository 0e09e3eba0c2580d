// Error bodies of the Anthropic API: {"type": "error", "error": {"type", "message"}, "request_id"}.
import { type ChatError, type ChatErrorKind, errorKindOfStatus } from '../../../../shared/chat/error.ts'
import type { JsonObject } from '../../../../shared/chat/parts.ts'
import { tryParseExact } from '../../../../shared/json/exact.ts'
import { isObject } from '../common/body-reader.ts'
import { plainMessage } from '../openai/error.ts'

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
  const value = tryParseExact(body.toString('utf8'))
  if (isObject(value)) return readAnthropicError(status, value)
  return { kind: errorKindOfStatus(status), message: plainMessage(body) }
}

export function readAnthropicError(status: number, body: JsonObject): ChatError {
  const error = isObject(body['error']) ? body['error'] : body
  const code = typeof error['type'] === 'string' && error['type'] !== 'error' ? error['type'] : undefined
  const message = typeof error['message'] === 'string' ? error['message'] : ''
  const kind = kinds[code ?? ''] ?? errorKindOfStatus(status)
  const tooLong = kind === 'invalid-request' && /prompt is too long|exceed context limit/i.test(message)
  return { kind: tooLong ? 'context-length' : kind, message, code }
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
