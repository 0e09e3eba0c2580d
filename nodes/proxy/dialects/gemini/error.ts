// Error bodies of Google: {"error": {"code", "message", "status", "details"}}. The error of a stream is a list with one
// such object.
import { type ChatError, errorKindOfStatus } from '../../../../shared/chat/error.ts'
import type { JsonObject } from '../../../../shared/chat/parts.ts'
import { isObject } from '../common/body-reader.ts'
import { errorObjectIn, wordsIn, wordsOfBody } from '../common/errors/error-words.ts'
import { googleErrorKind } from '../common/errors/google-errors.ts'
import { statedWaitMs } from '../common/errors/stated-wait.ts'

export function parseGeminiError(status: number, body: Buffer): ChatError {
  return readGeminiError(status, errorObjectIn(body) ?? {}, wordsOfBody(body))
}

/** `words`: the text of the error, where the body has it in a place of its own. */
export function readGeminiError(status: number, body: JsonObject, words = ''): ChatError {
  const error = isObject(body['error']) ? body['error'] : body
  const message = wordsIn(error) ?? words
  const { status: code } = error
  const kind = googleErrorKind(error, message)
  return {
    kind: kind ?? errorKindOfStatus(typeof error['code'] === 'number' ? error['code'] : status),
    message,
    code: typeof code === 'string' ? code : undefined,
    retryAfterMs: statedWaitMs(body, message),
  }
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
