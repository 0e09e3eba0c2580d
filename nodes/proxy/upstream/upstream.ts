// The upstream leg: one HTTP/1.1 exchange with a provider, as callbacks, with no promise and no stream object on the way.
// Two adapters pass one contract suite: our own client over `net` and `tls`, and undici for proxies (`HTTPS_PROXY`).

export interface Upstream {
  /** Starts the exchange at once. Exactly one of `onEnd` and `onError` is called, unless `abort()` comes first: then none. */
  send(request: UpstreamRequest, handler: UpstreamHandler): UpstreamCall
  /** Closes idle connections; open exchanges go on. */
  close(): void
}

export interface UpstreamOrigin {
  /** Names the origin to operators. Origins that differ in `tls` or `egress` never share connections. */
  readonly key: string // 'https://api.openai.com'
  readonly protocol: 'http:' | 'https:'
  readonly hostname: string
  readonly port: number
  /** Value of the `host` header. */
  readonly host: string
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string } | undefined
  /** Default 'no-metadata'. */
  readonly egress?: Egress | undefined
}

/** Which addresses may be connected to. 'no-metadata': all but those of services that hand out a machine's credentials.
 *  'public-only': those that are globally routable, and only over TLS. */
export type Egress = 'any' | 'no-metadata' | 'public-only'

export interface UpstreamRequest {
  readonly origin: UpstreamOrigin
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** With its query. */
  readonly path: string
  /** Complete header lines, each ending in CRLF, without `host`, `content-length` and `connection`: prepared once per
   *  target and credential, so that a request costs no header object. ASCII only. */
  readonly headerLines: string
  /** Sent in order, one after the other. Bytes must stay untouched until `onBodySent`. */
  readonly body: readonly Uint8Array[]
  readonly connectTimeoutMs: number
}

export interface UpstreamHandler {
  /** The body's bytes are in the kernel or dropped: the caller may reuse its buffers. Called at most once. */
  onBodySent(): void
  /** Interim answers (1xx) are not shown. */
  onHead(head: UpstreamHead): void
  /** `chunk` is valid only during the call: copy what is kept. */
  onData(chunk: Uint8Array): void
  onEnd(): void
  /** Before or after `onHead`. */
  onError(error: UpstreamError): void
}

export interface UpstreamHead {
  readonly status: number
  /** Lower-cased name → value; the first of repeated names wins, except `set-cookie`, which is left out. */
  header(name: string): string | undefined
  /** Names that begin so, each with its value behind it. Absent: there are none. */
  headersLike?(prefix: string): string[]
}

export interface UpstreamCall {
  /** Stops reading from the upstream (a slow client); data already parsed may still arrive once. */
  pause(): void
  resume(): void
  /** Closes the exchange and its connection; no callback comes afterwards. Idempotent. */
  abort(): void
}

export type UpstreamError = {
  readonly type: 'connect' | 'connect-timeout' | 'reset' | 'protocol' | 'tls'
  /** Whether any byte of the request had been written: decides whether a retry can double the work. */
  readonly sent: boolean
  /** For operators; never shown to callers. */
  readonly message: string
}
