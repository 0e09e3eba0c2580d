// What an upstream says when it does not answer, in no provider's words.

export type ChatErrorKind =
  | 'invalid-request'
  | 'context-length' // the input does not fit: a model with a larger window may take it
  | 'content-policy' // the provider's own filter
  | 'too-large'
  | 'not-found'
  | 'authentication' // the gateway's credentials, never the caller's
  | 'permission'
  | 'quota' // paid up: waiting does not help
  | 'rate-limit'
  | 'overloaded'
  | 'timeout'
  | 'server'

export interface ChatError {
  readonly kind: ChatErrorKind
  /** In the upstream's words, for the caller. */
  readonly message: string
  /** The upstream's own code or type. */
  readonly code?: string | undefined
  /** The member of the request that is meant, in the upstream's words. */
  readonly param?: string | undefined
  /** Where the body says how long to wait. */
  readonly retryAfterMs?: number | undefined
}

/** By the status alone: for bodies that say nothing. */
export function errorKindOfStatus(status: number): ChatErrorKind {
  if (status === 401) return 'authentication'
  if (status === 402) return 'quota'
  if (status === 403) return 'permission'
  if (status === 404) return 'not-found'
  if (status === 408 || status === 504) return 'timeout'
  if (status === 413) return 'too-large'
  if (status === 429) return 'rate-limit'
  if (status === 503 || status === 529) return 'overloaded'
  return status >= 500 ? 'server' : 'invalid-request'
}
