// Google's terms for errors (google.rpc.Code and its details), which its native APIs and its OpenAI endpoint share.
import type { ChatErrorKind } from '../../../../../shared/chat/error.ts'
import type { JsonObject } from '../../../../../shared/chat/parts.ts'
import { isObject } from '../body-reader.ts'
import { closerKind } from './closer-kind.ts'

/** The kind of an error of Google; undefined for one whose `status` is not Google's. */
export function googleErrorKind(error: JsonObject, message: string): ChatErrorKind | undefined {
  const { status, details } = error
  const kind = typeof status === 'string' && Object.hasOwn(kinds, status) ? kinds[status] : undefined
  if (kind === undefined) return undefined
  const facts = Array.isArray(details) ? details.filter(isObject) : []
  const badKey = facts.some(({ reason }) => reason === 'API_KEY_INVALID' || reason === 'API_KEY_EXPIRED')
  return kind === 'invalid-request' && badKey ? 'authentication' : closerKind(kind, message)
}

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
