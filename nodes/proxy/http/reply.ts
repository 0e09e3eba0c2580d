// Owns one response of uWebSockets.js: abort, cork and back-pressure are handled here and nowhere else. A response that is
// touched after its client has left throws inside native code, and outside a handler that ends the process with every
// stream in it; so the response is dropped the moment it is gone, and every later call is a no-op.

import type { HttpResponse } from 'uWebSockets.js'
import assert from 'node:assert/strict'
import { bounds } from '../../../shared/bounds.ts'
import { headerBlock } from './header-block.ts'
import type { HeaderLines, Reply } from './http.ts'

/** What all replies of a server share. */
export interface ReplyRoom {
  /** The reply whose native callback is running: its writes are corked already. */
  current: UwsReply | undefined
  draining: boolean
  openRequests: number
  /** Replies whose client does not take bytes at the moment. */
  readonly stalled: Set<UwsReply>
  nowMs(): number
  /** Runs a callback of the handler; a throw is reported and ends this reply only. */
  guarded(where: string, reply: UwsReply, run: () => void): void
}

const slowWindowMs = 60_000
/** 16 KB/s, the floor that the parser sets for uploads: a reader at least as fast is never too slow, however long it takes. */
const floorBytesPerMs = 16

export class UwsReply implements Reply {
  readonly #room: ReplyRoom
  #response: HttpResponse | undefined
  onGone: (() => void) | undefined = undefined
  onWritable: (() => void) | undefined = undefined
  /** For the room: gives back what a request half read still holds. Called when the answer is complete or the client gone. */
  onSettled: (() => void) | undefined = undefined
  /** The connection closes after this answer. */
  closing = false
  /** For HEAD: the head alone is sent. */
  bodiless = false
  #stream: 'none' | 'begun' | 'headed' = 'none'
  #head = ''
  #full = false
  #watchesWritable = false
  #bytesWhileFull = 0
  /** Written, and perhaps not yet taken. */
  #bytesOwed = 0
  #fullSinceMs = 0
  #fullMsInWindow = 0
  #windowStartMs = 0

  constructor(response: HttpResponse, room: ReplyRoom) {
    response.onAborted(() => this.#lost())
    this.#response = response
    this.#room = room
    room.openRequests++
  }

  get gone(): boolean {
    return this.#response === undefined
  }

  /** Whether the head has been sent: then only a cut can show a fault. */
  get headed(): boolean {
    return this.#stream === 'headed'
  }

  send(status: number, headers: HeaderLines, body: Uint8Array | string): void {
    const response = this.#response
    if (response === undefined) return
    assert(this.#stream !== 'headed', 'a whole answer was sent into a stream')
    const head = headerBlock(status, headers)
    const close = this.closing || this.#room.draining
    if (body.length > bounds.streamBufferBytesMax && !close && !this.bodiless) {
      this.#sendLarge(response, head, typeof body === 'string' ? Buffer.from(body) : body)
      return
    }
    this.#finish()
    if (this.#room.current === this) this.#sendWhole(response, head, body, close)
    else response.cork(() => this.#sendWhole(response, head, body, close))
  }

  begin(status: number, headers: HeaderLines): void {
    if (this.#response === undefined) return
    assert(this.#stream === 'none', 'an answer was begun twice')
    this.#stream = 'begun'
    this.#head = headerBlock(status, headers)
    if (this.#room.draining) this.closing = true
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
    if (this.#room.current === this) taken = this.#writeChunk(response, chunk)
    else
      response.cork(() => {
        taken = this.#writeChunk(response, chunk)
      })
    if (this.#response === undefined) return 'gone'
    if (taken) {
      this.#leaveFull()
      this.#forgive(this.#bytesOwed)
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
    this.#finish()
    if (this.#room.current === this) this.#endStream(response, headed)
    else response.cork(() => this.#endStream(response, headed))
  }

  abort(): void {
    const response = this.#response
    if (response === undefined) return
    this.#finish()
    response.close()
  }

  /** Gives the response away to become a socket. */
  upgrade(run: (response: HttpResponse) => void): void {
    const response = this.#response
    if (response === undefined) return
    assert(this.#stream === 'none', 'an answer was begun and then upgraded')
    this.#finish()
    if (this.#room.current === this) run(response)
    else response.cork(() => run(response))
  }

  /** We close the connection, and the handler hears of it as if the client had left. */
  cut(): void {
    const response = this.#response
    if (response === undefined) return
    this.#lost()
    response.close()
  }

  /** Cuts a client that refused bytes for too long in all within a minute. A stalled client is asked each second. */
  judgeSlowness(nowMs: number): void {
    if (!this.#full) return
    this.#addFullTime(nowMs)
    if (this.#isTooSlow()) this.cut()
  }

  #sendWhole(response: HttpResponse, head: string, body: Uint8Array | string, close: boolean): void {
    if (this.bodiless) this.#sendHeadOnly(response, head, Buffer.byteLength(body), close)
    else response.writeStatus(head).end(body as string, close)
  }

  /** A large answer stays ours until its last byte is taken, so that a slow reader of it is judged like one of a stream. */
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
      this.#forgive(offset - takenOffset)
      takenOffset = offset
      if (done) this.#finish()
      else if (this.#isTooSlow()) this.cut()
      else this.#enterFull(response)
      return taken
    })
  }

  /** The binary sends the body of an answer to HEAD, and where it is given a length without one it waits for the rest for
   *  ever; so the length goes into the head. Where it has to close, it adds a length of its own: then ours is left out. */
  #sendHeadOnly(response: HttpResponse, head: string, length: number | undefined, close: boolean): void {
    if (close) response.writeStatus(head).end('', true)
    else if (length === undefined) response.writeStatus(head).endWithoutBody()
    else response.writeStatus(`${head}\r\ncontent-length: ${length}`).endWithoutBody()
  }

  #endStream(response: HttpResponse, headed: boolean): void {
    // Asked to close after a stream, the binary writes `Connection: close` into the body. The head has said it already; the
    // client closes, or the idle timeout does.
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
    const nowMs = this.#room.nowMs()
    if (nowMs - this.#windowStartMs > slowWindowMs) {
      this.#windowStartMs = nowMs
      this.#fullMsInWindow = 0
    }
    this.#fullSinceMs = nowMs
    this.#room.stalled.add(this)
    if (this.#watchesWritable) return
    this.#watchesWritable = true
    response.onWritable(() => {
      this.#writable()
      return true
    })
  }

  #writable(): void {
    // With a handler for it, the server no longer drains what it holds by itself: only a write or a cork does.
    this.#response?.cork(nothing)
    if (!this.#full) return
    this.#leaveFull()
    if (this.#isTooSlow()) this.cut()
    else if (this.onWritable !== undefined) this.#room.guarded('onWritable', this, this.onWritable)
  }

  #leaveFull(): void {
    if (!this.#full) return
    this.#addFullTime(this.#room.nowMs())
    this.#full = false
    this.#room.stalled.delete(this)
  }

  #forgive(bytes: number): void {
    this.#fullMsInWindow = Math.max(0, this.#fullMsInWindow - bytes / floorBytesPerMs)
  }

  #isTooSlow(): boolean {
    return this.#fullMsInWindow > bounds.slowReaderMsPerMinuteMax
  }

  #addFullTime(nowMs: number): void {
    this.#fullMsInWindow += nowMs - this.#fullSinceMs
    this.#fullSinceMs = nowMs
  }

  #lost(): void {
    if (this.#response === undefined) return
    const { onGone } = this
    this.#finish()
    if (onGone !== undefined) this.#room.guarded('onGone', this, onGone)
  }

  #finish(): void {
    const { onSettled } = this
    this.#response = undefined
    this.onGone = undefined
    this.onSettled = undefined
    this.onWritable = undefined
    if (this.#full) this.#room.stalled.delete(this)
    this.#room.openRequests--
    if (onSettled !== undefined) onSettled()
  }
}

function nothing(): void {}
