// Error bodies of Google: {"error": {"code", "message", "status", "details"}}. The error of a stream is a list with one
// such object.
import { type ChatError, type ChatErrorKind, errorKindOfStatus } from '../../../../shared/chat/error.ts'
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import { tryParseExact } from '../../../../shared/json/exact.ts'
import { isObject } from '../common/body-reader.ts'
import { plainMessage } from '../openai/error.ts'

const kinds: Readonly<Record<string, ChatErrorKind>> = {
  INVALID_ARGUMENT: 'invalid-request',
  OUT_OF_RANGE: 'invalid-request',
  // The project is at fault, not the request: it has no billing, or its region is not served.
  FAILED_PRECONDITION: 'permission',
  UNAUTHENTICATED: 'authentication',
  PERMISSION_DENIED: 'permission',
  NOT_FOUND: 'not-found',
  RESOURCE_EXHAUSTED: 'rate-limit',
  UNAVAILABLE: 'overloaded',
  DEADLINE_EXCEEDED: 'timeout',
  ABORTED: 'server',
  CANCELLED: 'server',
  INTERNAL: 'server',
  UNKNOWN: 'server',
}

export function parseGeminiError(status: number, body: Buffer): ChatError {
  const value = tryParseExact(body.toString('utf8'))
  const one = Array.isArray(value) ? value[0] : value
  if (isObject(one)) return readGeminiError(status, one)
  return { kind: errorKindOfStatus(status), message: plainMessage(body) }
}

export function readGeminiError(status: number, body: JsonObject): ChatError {
  const error = isObject(body['error']) ? body['error'] : body
  const { status: code, message: said, details } = error
  const message = typeof said === 'string' ? said : ''
  const known = typeof code === 'string' && Object.hasOwn(kinds, code) ? kinds[code] : undefined
  const kind = known ?? errorKindOfStatus(typeof error['code'] === 'number' ? error['code'] : status)
  const facts = Array.isArray(details) ? details.filter(isObject) : []
  return {
    kind: kind === 'invalid-request' ? closerKind(message, facts) : kind,
    message,
    code: typeof code === 'string' ? code : undefined,
    retryAfterMs: retryAfterMs(facts),
  }
}

/** Google answers 400 also for a wrong key and for an input that is too long. */
function closerKind(message: string, facts: readonly JsonObject[]): ChatErrorKind {
  const badKey = facts.some(({ reason }) => reason === 'API_KEY_INVALID' || reason === 'API_KEY_EXPIRED')
  if (badKey || /^API key (not valid|expired)/i.test(message)) return 'authentication'
  return /exceeds the maximum number of tokens|token count .* exceeds/i.test(message)
    ? 'context-length'
    : 'invalid-request'
}

/** Google reports the delay only in the body: {"@type": "…/google.rpc.RetryInfo", "retryDelay": "34.4s"}. */
function retryAfterMs(facts: readonly JsonObject[]): number | undefined {
  const delay: Json = facts.find(({ retryDelay }) => typeof retryDelay === 'string')?.['retryDelay']
  const seconds = /^(\d+(?:\.\d+)?)s$/.exec(typeof delay === 'string' ? delay : '')?.[1]
  return seconds === undefined ? undefined : Math.ceil(Number(seconds) * 1_000)
}

// ── to a caller ──────────────────────────────────────────────────────────────────────────────────────────────────────

const statuses: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  405: 'INVALID_ARGUMENT',
  409: 'ABORTED',
  429: 'RESOURCE_EXHAUSTED',
  499: 'CANCELLED',
  500: 'INTERNAL',
  501: 'UNIMPLEMENTED',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
}

export function printGeminiError(code: number, message: string): string {
  const status = statuses[code] ?? (code >= 500 ? 'INTERNAL' : 'INVALID_ARGUMENT')
  return JSON.stringify({ error: { code, message, status } })
}
