// The interface of the HTTP server for the rest of the proxy. uWebSockets.js is used in this room alone, so that Node's own
// server could replace it. The README has the rules of the room.

import type { CheckedLines } from './checked-lines.ts'

export interface HttpServerOptions {
  readonly host: string
  /** 0 picks a free port. */
  readonly port: number
  /** `hstsMs`: how long browsers remember to use nothing but TLS; 0 tells them nothing. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string; readonly hstsMs: number } | undefined
  readonly bodyBytesMax: number
  /** Accepted `Host` names; empty accepts any. */
  readonly hosts: readonly string[]
  readonly trustedProxies: readonly string[]
  /** Origins whose scripts may read answers; `*` is any. None by default. */
  readonly corsOrigins?: readonly string[] | undefined
  /** Fails to start when another process listens on the port. Otherwise processes may share it. */
  readonly exclusivePort?: boolean | undefined
  /** Media types accepted for bodies; `application/json` by default. */
  readonly mediaTypes?: readonly string[] | undefined
  /** Time for a whole request body to arrive; 120 s by default. */
  readonly bodyDeadlineMs?: number | undefined
  /** Memory for all bodies at one time; `bounds.bodiesInFlightBytesMax` by default. */
  readonly bodiesInFlightBytesMax?: number | undefined
}

/** Answers requests. `onHead` is called once per request whose framing is sound. */
export interface HttpHandler {
  /** Answers at once through `reply` and returns undefined (an early error, before the body is read), or returns the function
   *  to call with the whole body. It must have no side effect, since the body may never arrive complete. */
  onHead(head: RequestHead, reply: Reply): OnBody | undefined
  /** Media types of bodies at a path, where JSON is not the only one. */
  mediaTypesAt?(path: string): readonly string[] | undefined
  /** Paths at which WebSockets may be opened. */
  readonly socketPaths?: readonly string[]
  /** Answers a handshake at one of `socketPaths`, at once or later, with an error or by accepting it. */
  onUpgrade?(head: RequestHead, upgrade: Upgrade): void
  /** Prints an error that this room detects itself (framing, size, media type) in the caller's error shape. */
  answerOf(head: RequestHead | undefined, error: HttpError): ErrorReply
}

/** A WebSocket handshake whose framing is sound. */
export interface Upgrade {
  /** Answers the handshake with an error. */
  readonly reply: Reply
  /** The subprotocols that the client offers. */
  readonly protocols: readonly string[]
  /** Opens the socket, now or later, but not after `reply` is gone. `protocol` is one of those offered, or ''. */
  accept(protocol: string, headers: HeaderLines, handler: SocketHandler): ClientSocket
}

/** A WebSocket of a client. Every call after the socket's end is a no-op. */
export interface ClientSocket {
  /** Bytes that the client has not received yet. */
  readonly bufferedBytes: number
  send(message: Uint8Array, isBinary: boolean): void
  /** Sends what is buffered, then the code. No callback comes afterwards. */
  close(code: number | undefined, reason: string): void
  terminate(): void
}

export interface SocketHandler {
  /** `message` is valid during the call. */
  onMessage(message: Buffer, isBinary: boolean): void
  /** The client has received bytes that were buffered. */
  onDrain(): void
  /** `code` is 1005 when the client closed without a code, 1006 when the connection was lost. */
  onClose(code: number, reason: string): void
}

export type OnBody = (body: Body) => void

/** A whole body in a pooled slab. `release()` gives the slab back and must be called exactly once, after the last use of
 *  `bytes`. */
export interface Body {
  readonly bytes: Buffer
  release(): void
}

/** A place among open requests. */
export interface Place {
  leave(): void
}

/** A body that needs no memory. */
export const emptyBody: Body = { bytes: Buffer.alloc(0), release: () => {} }

/** How a budget of memory is used. */
export interface MemoryUse {
  readonly bytes: number
  readonly bytesMax: number
  /** The number of times that it, or the part of one team or key, was spent. */
  readonly refusals: Readonly<Record<'all' | 'team' | 'key', number>>
  /** How often something of more than 1 MiB was taken. */
  readonly largeTakings: number
}

/** The key and the team that a body belongs to. */
export interface BodyOwner {
  readonly keyId: string
  readonly team: string
}

export interface RequestHead {
  readonly method: string
  /** The path as sent, without the query. It is never decoded or normalised. */
  readonly path: string
  readonly query: string
  /** The header `authorization` as sent, undefined when absent. */
  readonly authorization: string | undefined
  /** The header `x-api-key`, `api-key` (Azure's SDKs) or `x-goog-api-key` (Google's). */
  readonly apiKey: string | undefined
  /** Whether these headers came with different values. */
  readonly apiKeysDiffer: boolean
  readonly contentType: string | undefined
  /** The header `x-request-id`, when it is a token of at most 128 characters. */
  readonly requestId: string | undefined
  /** Another header by its lower-case name. Only those of `keptHeaders` and `x-headgate-*` are kept. */
  header(name: string): string | undefined
}

export const keptHeaders = [
  'accept',
  'access-control-request-headers',
  'access-control-request-method',
  'anthropic-beta',
  'anthropic-version',
  'api-key',
  'idempotency-key',
  'openai-beta',
  'openai-organization',
  'openai-project',
  'origin',
  'traceparent',
  'tracestate',
  'user-agent',
  'x-goog-api-key',
] as const

/** The header with a cluster's mark, in a request to `/livez` and in the answer of a proxy of the same cluster. */
export const clusterMarkHeader = 'x-headgate-cluster'

export type HttpError =
  | { type: 'bad-framing'; message: string }
  | { type: 'body-too-large'; maxBytes: number }
  | { type: 'length-required' }
  | { type: 'unsupported-media-type'; message: string }
  | { type: 'bad-content-type'; message: string }
  | { type: 'unsupported-encoding'; encoding: string }
  | { type: 'expectation-failed' }
  | { type: 'unknown-host' }
  | { type: 'overloaded'; retryAfterMs: number }
  /** `whose`: the part of the memory for bodies that is used up. */
  | { type: 'no-body-memory'; whose: 'key' | 'team' | 'all'; retryAfterMs: number }
  | { type: 'internal' }

export interface ErrorReply {
  readonly status: number
  readonly headers: HeaderLines
  readonly body: string
}

/** Header names and values as one flat list: [name, value, name, value, …]. Names are in lower case. The reply leaves out
 *  headers with CR, LF or NUL. */
export type HeaderLines = readonly string[]

/** Owns one response. Every call after the client is gone is a no-op, so callers need not check. */
export interface Reply {
  /** The client has left, or the server has closed the connection. */
  readonly gone: boolean
  /** Called once when the client leaves before the answer is complete. It must be set before `onHead` or `OnBody` returns. */
  onGone: (() => void) | undefined
  /** Called when a `full` stream accepts bytes again. */
  onWritable: (() => void) | undefined
  /** The owner to whom a large body is charged. It is set before `onHead` returns. */
  bodyOwner?: BodyOwner | undefined
  /** The place of the request among those that are open. It is left once, when the response is over: answered, lost, or turned into a
   *  WebSocket. */
  place?: Place | undefined
  /** Sends the whole answer in one write. The body of an answer to HEAD is not sent. `lines` are sent before the headers. */
  send(status: number, headers: HeaderLines, body: Uint8Array | string, lines?: CheckedLines): void
  /** Starts a streamed answer. Its head is sent with the first write. */
  begin(status: number, headers: HeaderLines, lines?: CheckedLines): void
  /** Returns `full` when the caller should stop reading its source until `onWritable`. Bytes are copied or sent before it
   *  returns. */
  write(chunk: Uint8Array | string): 'sent' | 'full' | 'gone'
  end(): void
  /** Closes the connection without a clean end. */
  abort(): void
}

export interface HttpServer {
  readonly port: number
  /** Number of open requests, streams included. */
  readonly openRequests: number
  /** Number of requests that were ever begun. */
  readonly begunRequests: number
  /** The time, monotonic, at which an answer was last ended before its client had taken what came before the end; -Infinity for none. */
  readonly lastOwedMs: number
  /** Number of open connections, idle ones included, without WebSockets. */
  readonly openConnections: number
  /** The memory for request bodies. */
  readonly bodyMemory: MemoryUse
  /** Closes the listener. Open requests continue, and their connections close after them. */
  stopListening(): void
  /** Cuts every open connection. */
  close(): void
}
