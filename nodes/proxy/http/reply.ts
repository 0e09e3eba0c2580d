// Owns one response of uWebSockets.js: abort, cork and back-pressure are handled here alone. A call on a response after its client has
// left ends the process from native code. So it is dropped the moment the client is gone, and every later call is a no-op.
import type { HttpResponse } from 'uWebSockets.js'
import assert from 'node:assert/strict'
import { bounds } from '../../../shared/bounds.ts'
import { type CheckedLines, noLines } from './checked-lines.ts'
import { headerBlock } from './header-block.ts'
import type { BodyOwner, HeaderLines, Place, Reply } from './http.ts'
import { creditedMs, isTooSlow, slowWindowMs } from './slow-reader.ts'

/** What a reply needs of its server. */
export interface ReplyServer {
  /** Header lines of every answer. */
  readonly fixedLines: string
  /** The reply whose native callback is running. Its writes are corked already. */
  current: UwsReply | undefined
  draining: boolean
  openRequests: number
  begunRequests: number
  /** The time at which an answer was last ended before its client had taken what came before the end. */
  lastOwedMs: number
  /** Number of open connections, without WebSockets. */
  openConnections: number
  /** Replies whose client accepts no bytes at the moment. */
  readonly stalled: Set<UwsReply>
  nowMs(): number
  /** Runs a callback of the handler. An exception is reported and ends this reply only. */
  guarded(where: string, reply: UwsReply, run: () => void): void
}

export class UwsReply implements Reply {
  readonly #server: ReplyServer
  #response: HttpResponse | undefined
  onGone: (() => void) | undefined = undefined
  onWritable: (() => void) | undefined = undefined
  bodyOwner: BodyOwner | undefined = undefined
  place: Place | undefined = undefined
  /** Called when the answer is complete or the client is gone, so that a body that was read in part can be given back. */
  onSettled: (() => void) | undefined = undefined
  /** The connection closes after this answer. */
  closing = false
  /** The request is a HEAD: only the head of the answer is sent. */
  bodiless = false
  /** Headers of every answer to an origin that may read it. */
  cors: HeaderLines | undefined = undefined
  #stream: 'none' | 'begun' | 'headed' = 'none'
  #head = ''
  #full = false
  #watchesWritable = false
  #bytesWhileFull = 0
  /** Bytes written that the client has perhaps not received. */
  #bytesOwed = 0
  #fullSinceMs = 0
  #fullMsInWindow = 0
  #windowStartMs = 0

  constructor(response: HttpResponse, server: ReplyServer) {
    response.onAborted(() => this.#lost())
    this.#response = response
    this.#server = server
    server.openRequests++
    server.begunRequests++
  }

  get gone(): boolean {
    return this.#response === undefined
  }

  /** Whether the head has been sent: an error can only be shown by cutting the connection. */
  get headed(): boolean {
    return this.#stream === 'headed'
  }

  send(status: number, headers: HeaderLines, body: Uint8Array | string, lines = noLines): void {
    const response = this.#response
    if (response === undefined) return
    assert(this.#stream !== 'headed', 'a whole answer was sent into a stream')
    const head = this.#headOf(status, headers, lines)
    const close = this.closing || this.#server.draining
    if (body.length > bounds.streamBufferBytesMax && !close && !this.bodiless) {
      this.#sendLarge(response, head, typeof body === 'string' ? Buffer.from(body) : body)
      return
    }
    this.#finish()
    if (this.#server.current === this) this.#sendWhole(response, head, body, close)
    else response.cork(() => this.#sendWhole(response, head, body, close))
  }

  begin(status: number, headers: HeaderLines, lines = noLines): void {
    if (this.#response === undefined) return
    assert(this.#stream === 'none', 'an answer was begun twice')
    this.#stream = 'begun'
    this.#head = this.#headOf(status, headers, lines)
    if (this.#server.draining) this.closing = true
  }

  write(chunk: Uint8Array | string): 'sent' | 'full' | 'gone' {
    const response = this.#response
    if (response === undefined) return 'gone'
    assert(this.#stream !== 'none', 'bytes were written before the answer was begun')
    if (this.#full) {
      this.#bytesWhileFull += chunk.length
      if (this.#bytesWhileFull > bounds.streamBufferBytesMax) {
        this.cut()
        return 'gone'
      }
    }
    let taken = false
    if (this.#server.current === this) taken = this.#writeChunk(response, chunk)
    else
      response.cork(() => {
        taken = this.#writeChunk(response, chunk)
      })
    if (this.#response === undefined) return 'gone'
    if (taken) {
      this.#leaveFull()
      this.#fullMsInWindow = creditedMs(this.#fullMsInWindow, this.#bytesOwed)
      this.#bytesOwed = 0
    } else {
      this.#bytesOwed += chunk.length
      this.#enterFull(response)
    }
    return taken ? 'sent' : 'full'
  }

  end(): void {
    const response = this.#response
    if (response === undefined) return
    assert(this.#stream !== 'none', 'an answer was ended before it was begun')
    const headed = this.#stream === 'headed'
    if (this.#full) this.#server.lastOwedMs = this.#server.nowMs()
    this.#finish()
    if (this.#server.current === this) this.#endStream(response, headed)
    else response.cork(() => this.#endStream(response, headed))
  }

  abort(): void {
    const response = this.#response
    if (response === undefined) return
    this.#finish()
    response.close()
  }

  /** Hands the response over to become a WebSocket. Not within a cork of this response: when the cork ends, the binary reads the
   *  state of a response that no longer exists, and closes the socket if the bits that it finds happen to say so. */
  upgrade(head: string, run: (response: HttpResponse) => void): void {
    const response = this.#response
    if (response === undefined) return
    assert(this.#stream === 'none', 'an answer was begun and then upgraded')
    this.#finish()
    if (this.#server.current === this) response.writeStatus(head)
    else response.cork(() => void response.writeStatus(head))
    run(response)
  }

  /** Closes the connection. The handler is told as if the client had left. */
  cut(): void {
    const response = this.#response
    if (response === undefined) return
    this.#lost()
    response.close()
  }

  /** Cuts a client that accepted no bytes for too long in all within a minute. Called each second for a stalled client. */
  cutIfTooSlow(nowMs: number): void {
    if (!this.#full) return
    this.#addFullTime(nowMs)
    if (isTooSlow(this.#fullMsInWindow)) this.cut()
  }

  #headOf(status: number, headers: HeaderLines, lines: CheckedLines): string {
    const all = this.cors === undefined ? headers : [...headers, ...this.cors]
    return headerBlock(status, all, this.#server.fixedLines + lines)
  }

  #sendWhole(response: HttpResponse, head: string, body: Uint8Array | string, close: boolean): void {
    if (this.bodiless) this.#sendHeadOnly(response, head, Buffer.byteLength(body), close)
    else response.writeStatus(head).end(body as string, close)
  }

  /** Sends a large answer piece by piece, so that a slow reader of it is cut like a slow reader of a stream. */
  #sendLarge(response: HttpResponse, head: string, body: Uint8Array): void {
    const size = body.length
    this.#stream = 'headed'
    this.onWritable = undefined
    let done = false
    response.cork(() => {
      done = response.writeStatus(head).tryEnd(body, size)[1]
    })
    if (done) {
      this.#finish()
      return
    }
    // The caller may use its bytes again when `send` returns.
    const restStart = response.getWriteOffset()
    const rest = Buffer.from(body.subarray(restStart))
    this.#watchesWritable = true
    this.#enterFull(response)
    let takenOffset = restStart
    response.onWritable((offset) => {
      let taken = false
      response.cork(() => {
        ;[taken, done] = response.tryEnd(rest.subarray(offset - restStart), size)
      })
      this.#leaveFull()
      this.#fullMsInWindow = creditedMs(this.#fullMsInWindow, offset - takenOffset)
      takenOffset = offset
      if (done) this.#finish()
      else if (isTooSlow(this.#fullMsInWindow)) this.cut()
      else this.#enterFull(response)
      return taken
    })
  }

  /** Answers HEAD. The binary would send a body, and would wait for ever for the body of a length that it is given; so the
   *  length goes into the head. Where the binary has to close, it adds a length of its own, and this one is left out. */
  #sendHeadOnly(response: HttpResponse, head: string, length: number | undefined, close: boolean): void {
    if (close) response.writeStatus(head).end('', true)
    else if (length === undefined) response.writeStatus(head).endWithoutBody()
    else response.writeStatus(`${head}\r\ncontent-length: ${length}`).endWithoutBody()
  }

  #endStream(response: HttpResponse, headed: boolean): void {
    // When it is asked to close after a stream, the binary writes `Connection: close` into the body. The head has said it
    // already; the client closes, or the idle timeout does.
    if (headed) response.end()
    else if (this.bodiless) this.#sendHeadOnly(response, this.#head, undefined, this.closing)
    else response.writeStatus(this.#head).end('', this.closing)
  }

  #writeChunk(response: HttpResponse, chunk: Uint8Array | string): boolean {
    if (this.#stream === 'begun' && !this.bodiless) {
      response.writeStatus(this.closing ? this.#head + '\r\nconnection: close' : this.#head)
      this.#stream = 'headed'
    }
    // An empty chunk would end a chunked body.
    return this.bodiless || chunk.length === 0 || response.write(chunk as string)
  }

  #enterFull(response: HttpResponse): void {
    if (this.#full) return
    this.#full = true
    this.#bytesWhileFull = 0
    const nowMs = this.#server.nowMs()
    if (nowMs - this.#windowStartMs > slowWindowMs) {
      this.#windowStartMs = nowMs
      this.#fullMsInWindow = 0
    }
    this.#fullSinceMs = nowMs
    this.#server.stalled.add(this)
    if (this.#watchesWritable) return
    this.#watchesWritable = true
    response.onWritable(() => {
      this.#writable()
      return true
    })
  }

  #writable(): void {
    // With a writable handler the binary no longer drains its buffer by itself; only a write or a cork does.
    this.#response?.cork(nothing)
    if (!this.#full) return
    this.#leaveFull()
    if (isTooSlow(this.#fullMsInWindow)) this.cut()
    else if (this.onWritable !== undefined) this.#server.guarded('onWritable', this, this.onWritable)
  }

  #leaveFull(): void {
    if (!this.#full) return
    this.#addFullTime(this.#server.nowMs())
    this.#full = false
    this.#server.stalled.delete(this)
  }

  #addFullTime(nowMs: number): void {
    this.#fullMsInWindow += nowMs - this.#fullSinceMs
    this.#fullSinceMs = nowMs
  }

  #lost(): void {
    if (this.#response === undefined) return
    const { onGone } = this
    this.#finish()
    if (onGone !== undefined) this.#server.guarded('onGone', this, onGone)
  }

  #finish(): void {
    const { onSettled, place } = this
    this.#response = undefined
    this.onGone = undefined
    this.onSettled = undefined
    this.onWritable = undefined
    if (this.#full) this.#server.stalled.delete(this)
    this.#server.openRequests--
    place?.leave()
    if (onSettled !== undefined) onSettled()
  }
}

function nothing(): void {}
