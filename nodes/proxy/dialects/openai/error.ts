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

/** The error that an answer has instead of a result: at its top, in one of its choices, or as the status of a response. */
export function errorWithin(body: JsonObject): JsonObject | string | undefined {
  const { error, choices, status } = body
  if (isSaid(error)) return error
  if (Array.isArray(choices)) {
    for (const choice of choices) {
      const failed = isObject(choice) ? errorInChoice(choice) : undefined
      if (failed !== undefined) return failed
    }
  }
  return status === 'failed' ? 'The upstream did not complete its answer.' : undefined
}

function errorInChoice({ error, finish_reason: reason }: JsonObject): JsonObject | string | undefined {
  if (isSaid(error)) return error
  return reason === 'error' ? 'The upstream ended its answer with an error.' : undefined
}

/** An error is said when it is not empty: empty, null and absent errors are one. */
function isSaid(error: Json): error is JsonObject | string {
  return isObject(error) ? Object.keys(error).length > 0 : typeof error === 'string' && error !== ''
}

export function readOpenAiError(answered: number, body: JsonObject): ChatError {
  const inner = errorWithin(body) ?? body
  if (typeof inner === 'string') return { kind: kindOf(answered, undefined, inner), message: inner }
  const error = inner
  const status = meantStatus(answered, error['code'])
  const message =
    textOf(error['message']) ?? textOf(error['detail']) ?? textOf(body['message']) ?? detailOf(body['detail'])
  const code = textOf(error['code']) ?? textOf(error['type'])
  return { kind: kindOf(status, code, message ?? ''), message: message ?? '', code, param: textOf(error['param']) }
}

/** Hosts that pass on the error of another host tell its status as the code. */
function meantStatus(status: number, code: Json): number {
  const isStatus = typeof code === 'number' && code >= 400 && code <= 599
  return status === 500 && isStatus ? code : status
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
  // Codes of a response that failed. Source: openai 7.57, `ResponseError`.
  invalid_prompt: 'content-policy',
  bio_policy: 'content-policy',
  misalignment_policy_violation: 'content-policy',
  image_content_policy_violation: 'content-policy',
  vector_store_timeout: 'timeout',
  invalid_image: 'invalid-request',
  invalid_image_format: 'invalid-request',
  invalid_base64_image: 'invalid-request',
  invalid_image_url: 'invalid-request',
  invalid_image_mode: 'invalid-request',
  image_too_large: 'invalid-request',
  image_too_small: 'invalid-request',
  image_parse_error: 'invalid-request',
  image_file_too_large: 'invalid-request',
  image_file_not_found: 'invalid-request',
  unsupported_image_media_type: 'invalid-request',
  empty_image_file: 'invalid-request',
  failed_to_download_image: 'invalid-request',
}

function kindOf(status: number, code: string | undefined, message: string): ChatErrorKind {
  const known = code === undefined ? undefined : kindsByCode[code]
  if (known !== undefined) return known
  if (/maximum context length|context window|prompt is too long/i.test(message)) return 'context-length'
  return errorKindOfStatus(status)
}
