// An upstream whose exchanges a test plays, by the promises of `upstream.ts`: nothing comes after an end, an error or an abort, and
// a chunk is gone when the call returns.
import type { Upstream, UpstreamCall, UpstreamError, UpstreamHandler, UpstreamRequest } from './upstream.ts'

export class ScriptedUpstream implements Upstream {
  readonly calls: ScriptedCall[] = []

  send(request: UpstreamRequest, handler: UpstreamHandler): ScriptedCall {
    const call = new ScriptedCall(request, handler)
    this.calls.push(call)
    return call
  }

  close(): void {}

  get last(): ScriptedCall {
    const call = this.calls.at(-1)
    if (call === undefined) throw new Error('no upstream was called')
    return call
  }
}

type Headers = Readonly<Record<string, string>>

export class ScriptedCall implements UpstreamCall {
  readonly request: UpstreamRequest
  /** What was sent, as it was when it was sent. */
  readonly text: string
  /** Set to false for a request that waits for its connection. */
  sent = true
  paused = false
  aborted = false
  readonly #handler: UpstreamHandler
  #phase: 'waiting' | 'headed' | 'over' = 'waiting'
  #isBodySent = false

  constructor(request: UpstreamRequest, handler: UpstreamHandler) {
    this.request = request
    this.text = Buffer.concat(request.body).toString()
    this.#handler = handler
  }

  get json(): Record<string, unknown> {
    return JSON.parse(this.text) as Record<string, unknown>
  }

  get isOpen(): boolean {
    return this.#phase !== 'over'
  }

  // ── what the test plays ──────────────────────────────────────────────────────────────────────────────────────────

  bodySent(): this {
    if (this.#phase === 'over' || this.#isBodySent) return this
    this.#isBodySent = true
    this.#handler.onBodySent()
    return this
  }

  head(status: number, headers: Headers): this {
    if (this.#phase !== 'waiting') return this
    this.#phase = 'headed'
    this.#handler.onHead({
      status,
      header: (name) => headers[name],
      headersLike: (prefix) => Object.entries(headers).flatMap((pair) => (pair[0].startsWith(prefix) ? pair : [])),
    })
    return this
  }

  data(bytes: string | Uint8Array): this {
    if (this.#phase !== 'headed') return this
    const chunk = Buffer.from(bytes)
    this.#handler.onData(chunk)
    chunk.fill(0)
    return this
  }

  end(): this {
    if (this.#phase !== 'headed') return this
    this.bodySent()
    this.#phase = 'over'
    this.#handler.onEnd()
    return this
  }

  fail(type: UpstreamError['type'] = 'reset'): this {
    if (this.#phase === 'over') return this
    this.bodySent()
    this.#phase = 'over'
    this.#handler.onError({ type, sent: this.sent, message: `played: ${type}` })
    return this
  }

  /** A whole answer. */
  answer(status: number, body: object | string, headers: Headers = {}): this {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    return this.head(status, { 'content-type': 'application/json', ...headers })
      .data(text)
      .end()
  }

  /** Begins a stream; what follows are its first bytes. */
  stream(...chunks: readonly string[]): this {
    this.head(200, { 'content-type': 'text/event-stream' })
    for (const chunk of chunks) this.data(chunk)
    return this
  }

  // ── what the gateway does with it ────────────────────────────────────────────────────────────────────────────────

  pause(): void {
    this.paused = true
  }

  resume(): void {
    this.paused = false
  }

  abort(): void {
    if (this.#phase === 'over') return
    this.aborted = true
    this.#phase = 'over'
  }
}
