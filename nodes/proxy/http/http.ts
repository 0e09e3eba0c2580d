// What the rest of the proxy sees of HTTP. uWebSockets.js lives behind this page, in this room alone, so that Node's own
// server can replace it. The rules of the room are in its README.

export interface HttpServerOptions {
  readonly host: string
  /** 0 picks a free port. */
  readonly port: number
  readonly tls?: { readonly certFile: string; readonly keyFile: string } | undefined
  readonly bodyBytesMax: number
  /** Accepted `Host` names; empty accepts any. */
  readonly hosts: readonly string[]
  readonly trustedProxies: readonly string[]
  /** Refuse to start when another process listens on the port; otherwise processes may share it. */
  readonly exclusivePort?: boolean | undefined
  /** Media types accepted for bodies; `application/json` by default. */
  readonly mediaTypes?: readonly string[] | undefined
  /** Time for a whole request body to arrive; 120 s by default. */
  readonly bodyDeadlineMs?: number | undefined
  /** All bodies in memory at one time; `limits.bodiesInFlightBytesMax` by default. */
  readonly bodiesInFlightBytesMax?: number | undefined
}

/** Answers requests. `onHead` is called once per request whose framing is sound. */
export interface HttpHandler {
  /** Either answers at once through `reply` and returns undefined (an early refusal, before the body is read), or says
   *  what to do with the whole body. No side effect here: the body may never arrive complete. */
  onHead(head: RequestHead, reply: Reply): OnBody | undefined
  /** Media types that bodies at a path may have, where JSON is not the only one. */
  mediaTypesAt?(path: string): readonly string[] | undefined
  /** Where WebSockets may be opened. */
  readonly socketPaths?: readonly string[]
  /** Answers a handshake at one of them, at once or later: by a refusal, or by accepting it. */
  onUpgrade?(head: RequestHead, upgrade: Upgrade): void
  /** A refusal that the room itself makes (framing, size, media type), in the caller's error shape. */
  answerOf(head: RequestHead | undefined, refusal: HttpError): ErrorReply
}

/** A WebSocket handshake whose framing is sound. */
export interface Upgrade {
  /** For a refusal. */
  readonly reply: Reply
  /** As offered by the client. */
  readonly protocols: readonly string[]
  /** Opens the socket, now or later; `protocol` is one of those offered, or ''. Not after `reply` is gone. */
  accept(protocol: string, headers: HeaderLines, handler: SocketHandler): ClientSocket
}

/** Every call after the socket's end is a no-op. */
export interface ClientSocket {
  /** Bytes that the client has not taken yet. */
  readonly bufferedBytes: number
  send(message: Uint8Array, isBinary: boolean): void
  /** Sends what is buffered, then the code; nothing is heard of the socket afterwards. */
  close(code: number | undefined, reason: string): void
  terminate(): void
}

export interface SocketHandler {
  /** `message` is valid during the call. */
  onMessage(message: Buffer, isBinary: boolean): void
  /** The client has taken bytes that were buffered. */
  onDrain(): void
  /** 1005: closed without a code, 1006: the connection is lost. */
  onClose(code: number, reason: string): void
}

export type OnBody = (body: Body) => void

/** The whole body, in a pooled slab. `release()` gives the slab back; call it exactly once, after the last use of `bytes`. */
export interface Body {
  readonly bytes: Buffer
  release(): void
}

/** A body that needs no memory. */
export const emptyBody: Body = { bytes: Buffer.alloc(0), release: () => {} }

export interface RequestHead {
  readonly method: string
  /** Without the query, as sent: never decoded or normalised. */
  readonly path: string
  readonly query: string
  /** `authorization` as sent, undefined when absent. */
  readonly authorization: string | undefined
  readonly apiKey: string | undefined // x-api-key
  readonly contentType: string | undefined
  readonly requestId: string | undefined // x-request-id, when it is a sane token of ≤ 128 characters
  /** Any other header by lower-case name: only those listed in `keptHeaders`, and `x-headgate-*`. */
  header(name: string): string | undefined
}

export const keptHeaders = [
  'accept',
  'anthropic-beta',
  'anthropic-version',
  'api-key',
  'idempotency-key',
  'openai-beta',
  'openai-organization',
  'openai-project',
  'traceparent',
  'tracestate',
  'user-agent',
  'x-goog-api-key',
] as const

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
  | { type: 'internal' }

export interface ErrorReply {
  readonly status: number
  readonly headers: HeaderLines
  readonly body: string
}

/** Header names and values, flat: [name, value, name, value, …]. Names lower-case. The reply refuses CR, LF and NUL. */
export type HeaderLines = readonly string[]

/** Owns one response. Every call after the client is gone is a no-op, so nobody else has to ask. */
export interface Reply {
  /** The client left, or we closed it. */
  readonly gone: boolean
  /** Called once when the client leaves before the answer is complete. Set it before returning from `onHead` or `OnBody`. */
  onGone: (() => void) | undefined
  /** Called when a `full` stream takes bytes again. */
  onWritable: (() => void) | undefined
  /** The whole answer in one write. For HEAD requests no body byte is sent. */
  send(status: number, headers: HeaderLines, body: Uint8Array | string): void
  /** Starts a streamed answer; its head goes out with the first write. */
  begin(status: number, headers: HeaderLines): void
  /** `full` asks the caller to stop reading its source until `onWritable`. Bytes are copied or sent before it returns. */
  write(chunk: Uint8Array | string): 'sent' | 'full' | 'gone'
  end(): void
  /** Closes the connection without a clean end. */
  abort(): void
}

export interface HttpServer {
  readonly port: number
  /** Open requests, streams included. */
  readonly openRequests: number
  /** Those without a request too. */
  readonly openConnections: number
  /** Closes the listener; open requests go on and their connections close after them. */
  stopListening(): void
  /** Cuts whatever is open. */
  close(): void
}
