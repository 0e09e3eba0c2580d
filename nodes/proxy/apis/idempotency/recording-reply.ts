// A reply that keeps what it sends, so that the same answer can be sent again.
import type { BodyOwner, HeaderLines, Place, Reply } from '../../http/http.ts'

/** A whole answer as it was sent. */
export interface SentAnswer {
  readonly status: number
  readonly headers: HeaderLines
  readonly body: Buffer
}

export interface RecordingOptions {
  /** Asked before bytes are kept. False: there is no room for them, and the answer is not kept. */
  take(bytes: number): boolean
  /** Called when the answer is over; undefined where it is not complete or was not kept. */
  onEnd(sent: SentAnswer | undefined): void
}

export class RecordingReply implements Reply {
  readonly #reply: Reply
  readonly #options: RecordingOptions
  #status = 0
  #headers: HeaderLines = []
  /** Undefined once the answer is not kept. */
  #chunks: Buffer[] | undefined = []
  #isOver = false

  constructor(reply: Reply, options: RecordingOptions) {
    this.#reply = reply
    this.#options = options
  }

  get gone(): boolean {
    return this.#reply.gone
  }

  get onGone(): (() => void) | undefined {
    return this.#reply.onGone
  }

  set onGone(listener: (() => void) | undefined) {
    this.#reply.onGone = listener
  }

  get onWritable(): (() => void) | undefined {
    return this.#reply.onWritable
  }

  set onWritable(listener: (() => void) | undefined) {
    this.#reply.onWritable = listener
  }

  get bodyOwner(): BodyOwner | undefined {
    return this.#reply.bodyOwner
  }

  set bodyOwner(owner: BodyOwner | undefined) {
    this.#reply.bodyOwner = owner
  }

  get place(): Place | undefined {
    return this.#reply.place
  }

  set place(place: Place | undefined) {
    this.#reply.place = place
  }

  send(status: number, headers: HeaderLines, body: Uint8Array | string): void {
    this.#status = status
    this.#headers = headers
    this.#keep(body)
    this.#over(true)
    this.#reply.send(status, headers, body)
  }

  begin(status: number, headers: HeaderLines): void {
    this.#status = status
    this.#headers = headers
    this.#reply.begin(status, headers)
  }

  write(chunk: Uint8Array | string): 'sent' | 'full' | 'gone' {
    this.#keep(chunk)
    return this.#reply.write(chunk)
  }

  end(): void {
    this.#over(true)
    this.#reply.end()
  }

  abort(): void {
    this.#over(false)
    this.#reply.abort()
  }

  /** The answer is not kept, whatever is still sent of it. */
  drop(): void {
    this.#over(false)
  }

  /** The buffers of a chunk are used again after the call, so it is copied. */
  #keep(chunk: Uint8Array | string): void {
    if (this.#chunks === undefined) return
    const bytes = Buffer.from(chunk)
    if (this.#options.take(bytes.length)) this.#chunks.push(bytes)
    else this.#chunks = undefined
  }

  #over(isComplete: boolean): void {
    if (this.#isOver) return
    this.#isOver = true
    const chunks = this.#chunks
    this.#chunks = undefined
    const isKept = isComplete && chunks !== undefined
    this.#options.onEnd(
      isKept ? { status: this.#status, headers: this.#headers, body: Buffer.concat(chunks) } : undefined,
    )
  }
}
