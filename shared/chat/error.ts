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
  return kindsByStatus[status] ?? (status >= 500 ? 'server' : 'invalid-request')
}

const kindsByStatus: Readonly<Record<number, ChatErrorKind>> = {
  401: 'authentication',
  402: 'quota',
  403: 'permission',
  404: 'not-found',
  405: 'not-found',
  407: 'authentication', // of a proxy on the way
  408: 'timeout',
  410: 'not-found', // a model that was withdrawn
  413: 'too-large',
  424: 'server', // what the answer depends on failed: Bedrock's ModelErrorException
  425: 'server',
  429: 'rate-limit',
  498: 'overloaded', // Groq: the flex tier has no room (https://console.groq.com/docs/errors)
  499: 'timeout', // something on the way left before the answer
  503: 'overloaded',
  504: 'timeout',
  522: 'timeout', // Cloudflare: the origin did not take the connection
  524: 'timeout', // Cloudflare: the origin did not answer
  529: 'overloaded', // Anthropic (https://platform.claude.com/docs/en/api/errors)
}
