// Provider-neutral type of the errors of upstreams.

export type ChatErrorKind =
  | 'invalid-request'
  | 'context-length' // the input is too long: a model with a larger window may take it
  | 'content-policy' // the provider's own filter
  | 'too-large'
  | 'not-found'
  | 'authentication' // the gateway's credentials are wrong, never the caller's
  | 'permission'
  | 'quota' // the account has no credit left: waiting does not help
  | 'rate-limit'
  | 'overloaded'
  | 'timeout'
  | 'server'

export interface ChatError {
  readonly kind: ChatErrorKind
  /** The upstream's message, which the caller sees. */
  readonly message: string
  /** The upstream's own code or type. */
  readonly code?: string | undefined
  /** The upstream's name for the member of the request that is wrong. */
  readonly param?: string | undefined
  /** The delay that the body asks for, if it does. */
  readonly retryAfterMs?: number | undefined
}

/** The kind of an error whose body says nothing. */
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
