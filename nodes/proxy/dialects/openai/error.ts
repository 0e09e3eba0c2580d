// Error bodies of OpenAI and of compatible servers: {"error": {"message", "type", "param", "code"}}, and variants of
// it.
import { type ChatError, type ChatErrorKind, errorKindOfStatus } from '../../../../shared/chat/error.ts'
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import { tryParseExact } from '../../../../shared/json/exact.ts'
import { isObject } from '../common/body-reader.ts'

export function parseOpenAiError(status: number, body: Buffer): ChatError {
  const value = tryParseExact(body.toString('utf8'))
  if (isObject(value)) return readOpenAiError(status, value)
  return { kind: errorKindOfStatus(status), message: plainMessage(body) }
}

/** The body as a message; '' for an HTML page. */
export function plainMessage(body: Buffer): string {
  const text = body.toString('utf8', 0, 2_000).trim()
  return text.startsWith('<') ? '' : text.slice(0, 1_000)
}

export function readOpenAiError(status: number, body: JsonObject): ChatError {
  const inner = body['error'] ?? body
  if (typeof inner === 'string') return { kind: kindOf(status, undefined, inner), message: inner }
  const error = isObject(inner) ? inner : {}
  const message =
    textOf(error['message']) ?? textOf(error['detail']) ?? textOf(body['message']) ?? detailOf(body['detail'])
  const code = textOf(error['code']) ?? textOf(error['type'])
  return { kind: kindOf(status, code, message ?? ''), message: message ?? '', code, param: textOf(error['param']) }
}

function textOf(value: Json): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** FastAPI's error detail: a list of objects with the place and the message of each error. */
function detailOf(detail: Json): string | undefined {
  if (!Array.isArray(detail)) return textOf(detail)
  const messages = detail.filter(isObject).map((one) => `${[one['loc']].flat().join('.')}: ${String(one['msg'])}`)
  return messages.length === 0 ? undefined : messages.join('; ')
}

const kindsByCode: Readonly<Record<string, ChatErrorKind>> = {
  context_length_exceeded: 'context-length',
  string_above_max_length: 'context-length',
  content_policy_violation: 'content-policy',
  content_filter: 'content-policy',
  insufficient_quota: 'quota',
  billing_hard_limit_reached: 'quota',
  rate_limit_exceeded: 'rate-limit',
  model_not_found: 'not-found',
  invalid_api_key: 'authentication',
  overloaded: 'overloaded',
  overloaded_error: 'overloaded',
  server_error: 'server',
  invalid_request_error: 'invalid-request',
}

function kindOf(status: number, code: string | undefined, message: string): ChatErrorKind {
  const known = code === undefined ? undefined : kindsByCode[code]
  if (known !== undefined) return known
  if (/maximum context length|context window|prompt is too long/i.test(message)) return 'context-length'
  return errorKindOfStatus(status)
}
