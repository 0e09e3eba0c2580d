// The interface of clients for upstreams: one HTTP/1.1 exchange with a provider as callbacks, without a promise or a stream
// object. Two clients pass one contract suite: our own over `net` and `tls`, and undici for proxies (`HTTPS_PROXY`).

export interface Upstream {
  /** Starts the exchange at once. Exactly one of `onEnd` and `onError` is called, unless `abort()` comes first: then none. */
  send(request: UpstreamRequest, handler: UpstreamHandler): UpstreamCall
  /** Closes idle connections. Open exchanges continue. */
  close(): void
}

export interface UpstreamOrigin {
  /** Name of the origin for operators: 'https://api.openai.com'. Origins that differ in `tls` or `egress` never share
   *  connections, even with the same key. */
  readonly key: string
  readonly protocol: 'http:' | 'https:'
  readonly hostname: string
  readonly port: number
  /** Value of the `host` header. */
  readonly host: string
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string } | undefined
  /** 'no-metadata' by default. */
  readonly egress?: Egress | undefined
}

/** Which addresses may be connected to. 'no-metadata': all but those of services that provide a machine's credentials.
 *  'public-only': addresses that are globally routable, and only over TLS. */
export type Egress = 'any' | 'no-metadata' | 'public-only'

export interface UpstreamRequest {
  readonly origin: UpstreamOrigin
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** Path with its query. */
  readonly path: string
  /** Complete header lines in ASCII, each ending in CRLF, without `host`, `content-length` and `connection`. They are prepared
   *  once per target and credential, so that a request costs no header object. */
  readonly headerLines: string
  /** Pieces of the body, sent in order. Their bytes must not change until `onBodySent`. */
  readonly body: readonly Uint8Array[]
  readonly connectTimeoutMs: number
}

export interface UpstreamHandler {
  /** Called at most once, when the body's bytes are in the kernel or dropped: its buffers may be reused. */
  onBodySent(): void
  /** Called with the head of the answer, but not for interim answers (1xx). */
  onHead(head: UpstreamHead): void
  /** `chunk` is valid only during the call. */
  onData(chunk: Uint8Array): void
  onEnd(): void
  /** Called before or after `onHead`. */
  onError(error: UpstreamError): void
}

export interface UpstreamHead {
  readonly status: number
  /** Value of a header by its lower-case name, the first one of repeated headers. `set-cookie` is left out. */
  header(name: string): string | undefined
  /** Headers whose names begin with `prefix`, as a flat list of names and values. Absent: there are none. */
  headersLike?(prefix: string): string[]
}

export interface UpstreamCall {
  /** Whether any byte of the request was given to a socket. */
  readonly sent: boolean
  /** Stops reading from the upstream. Data that is already parsed may still arrive once. */
  pause(): void
  resume(): void
  /** Closes the exchange and its connection. No callback comes afterwards. Idempotent. */
  abort(): void
}

export type UpstreamError = {
  readonly type: 'connect' | 'connect-timeout' | 'reset' | 'protocol' | 'tls'
  /** Whether any byte of the request had been written. Then a retry can make the upstream do the work twice. */
  readonly sent: boolean
  /** Text for operators. It is never shown to callers. */
  readonly message: string
}
