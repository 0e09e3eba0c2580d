// Records the callbacks of an exchange and checks their order. Tests only.
import assert from 'node:assert/strict'
import type {
  Upstream,
  UpstreamCall,
  UpstreamError,
  UpstreamHandler,
  UpstreamHead,
  UpstreamOrigin,
  UpstreamRequest,
} from './upstream.ts'

export class ObservedExchange implements UpstreamHandler {
  head: UpstreamHead | undefined
  error: UpstreamError | undefined
  bodySent = false
  received = 0
  onChunk: ((exchange: ObservedExchange) => void) | undefined
  readonly finished: Promise<void>
  readonly call: UpstreamCall
  #chunks: Buffer[] = []
  #over = false
  #aborted = false
  #finish!: () => void

  constructor(upstream: Upstream, origin: UpstreamOrigin, request: Partial<UpstreamRequest> = {}) {
    this.finished = new Promise((resolve) => {
      this.#finish = resolve
    })
    this.call = upstream.send({ ...plainRequest, ...request, origin }, this)
    assert(!this.#over, 'the end may not come before the caller has its call')
  }

  get over(): boolean {
    return this.#over
  }

  get body(): Buffer {
    return Buffer.concat(this.#chunks)
  }

  get text(): string {
    return this.body.toString('latin1')
  }

  abort(): void {
    this.#aborted = true
    this.call.abort()
  }

  onBodySent(): void {
    assert(!this.bodySent, 'onBodySent came twice')
    this.#expectOpen()
    this.bodySent = true
  }

  onHead(head: UpstreamHead): void {
    this.#expectOpen()
    assert(this.head === undefined, 'a second head')
    this.head = head
  }

  onData(chunk: Uint8Array): void {
    this.#expectOpen()
    assert(this.head !== undefined, 'data before the head')
    assert(chunk.length > 0, 'an empty chunk')
    this.#chunks.push(Buffer.from(chunk))
    this.received += chunk.length
    this.onChunk?.(this)
  }

  onEnd(): void {
    this.#expectOpen()
    assert(this.head !== undefined, 'an end without a head')
    this.#over = true
    this.#finish()
  }

  onError(error: UpstreamError): void {
    this.#expectOpen()
    this.error = error
    this.#over = true
    this.#finish()
  }

  #expectOpen(): void {
    assert(!this.#over, 'a callback after the end')
    assert(!this.#aborted, 'a callback after abort()')
  }
}

const plainRequest = {
  method: 'POST',
  path: '/v1/chat/completions',
  headerLines: 'authorization: Bearer secret\r\ncontent-type: application/json\r\n',
  body: [Buffer.from('{"model":"m"}')],
  connectTimeoutMs: 2_000,
} as const satisfies Omit<UpstreamRequest, 'origin'>
