// Parses an HTTP/1.1 answer from bytes that may be cut anywhere, and reports it in callbacks. It does no I/O and has no timer:
// what it does depends on the bytes alone, so a fuzzer can drive it. It is strict, because the upstream may be wrong or
// hostile and its connections are shared by callers: a bare LF, a folded line, a blank before a colon and two different
// lengths end the exchange (RFC 9112).
import { bounds } from '../../../../shared/bounds.ts'
import { mayFrame, readFraming } from './answer-framing.ts'
import { AnswerHead } from './answer-head.ts'
import { CR, isText, isToken, LF } from './character-tables.ts'
import { ChunkedBody } from './chunked-body.ts'

export interface AnswerSink {
  onHead(head: AnswerHead): void
  /** `chunk` is a view into the bytes given to `push`. */
  onData(chunk: Uint8Array): void
  onEnd(): void
}

// Phases of an answer, in their order: those of the head come first.
const statusLine = 0
const reason = 1
const lineFeed = 2
const lineStart = 3
const fieldName = 4
const fieldText = 5
const headLineFeed = 6
const over = 7
const sizedBody = 8
const bodyUntilClose = 9
const chunkedBody = 10

const interimAnswersMax = 16

export class AnswerParser {
  /** Why the answer was rejected. */
  failure: string | undefined
  /** Whether any byte of an answer came. */
  begun = false
  /** Whether the connection may be used again, once the answer has ended. */
  keepAlive = false
  keepAliveMs: number | undefined
  /** Bytes came after the end of a good answer: the upstream disagrees with the parser about where it is. */
  extraBytes = false
  #sink: AnswerSink
  #phase = statusLine
  #headText = ''
  #fieldStart = 0
  readonly #framingLines: number[] = []
  #interimAnswers = 0
  #remaining = 0
  readonly #chunks = new ChunkedBody()

  constructor(sink: AnswerSink) {
    this.#sink = sink
  }

  /** Prepares for the next answer. */
  reset(sink: AnswerSink): void {
    this.#sink = sink
    this.failure = undefined
    this.begun = false
    this.keepAlive = false
    this.keepAliveMs = undefined
    this.extraBytes = false
    this.#interimAnswers = 0
    this.#expectHead()
  }

  get ended(): boolean {
    return this.#phase === over
  }

  /** No callback comes afterwards, whatever is pushed. */
  stop(): void {
    this.#phase = over
    this.#chunks.stop()
    this.#headText = ''
  }

  /** Reads `bytes` up to `length`. Small chunks of a chunked body are moved together inside `bytes`, so that a burst of
   *  them arrives in one call. The caller must check `failure` afterwards. */
  push(bytes: Buffer, length: number): void {
    let at = 0
    if (length > 0) this.begun = true
    while (at < length && this.#phase !== over) {
      if (this.#phase < over) at = this.#readHead(bytes, at, length)
      else if (this.#phase === sizedBody) at = this.#readSized(bytes, at, length)
      else if (this.#phase === bodyUntilClose) at = this.#readUntilClose(bytes, at, length)
      else at = this.#readChunked(bytes, at, length)
    }
    if (at < length && this.failure === undefined) this.extraBytes = true
  }

  /** Called when the upstream has closed. Returns false in the middle of an answer. */
  finish(): boolean {
    if (this.#phase === bodyUntilClose) this.#end(0, 0)
    return this.#phase === over
  }

  #readHead(bytes: Buffer, from: number, to: number): number {
    // `base + at` is a place within the head, which begins with the text that earlier pushes left.
    const base = this.#headText.length - from
    const stop = Math.min(to, bounds.upstreamHeaderBytesMax - base)
    let phase = this.#phase
    let at = from
    while (at < stop) {
      const byte = bytes[at]!
      switch (phase) {
        case statusLine:
          if (!fitsStatusLine(base + at, byte)) return this.#reject('not an HTTP/1.1 status line', to)
          if (base + at === 12) phase = byte === CR ? lineFeed : reason
          break
        case reason:
        case fieldText:
          while (at < stop && isText[bytes[at]!] === 1) at++
          if (at === stop) continue
          if (bytes[at] !== CR) return this.#reject('a control character in the head', to)
          phase = lineFeed
          break
        case lineFeed:
          if (byte !== LF) return this.#reject('a bare CR in the head', to)
          phase = lineStart
          break
        case lineStart:
          this.#fieldStart = base + at
          phase = byte === CR ? headLineFeed : fieldName
          if (phase === fieldName) continue
          break
        case fieldName: {
          while (at < stop && isToken[bytes[at]!] === 1) at++
          if (at === stop) continue
          const nameLength = base + at - this.#fieldStart
          if (nameLength === 0 || bytes[at] !== 58) return this.#reject('a malformed header line', to)
          if (mayFrame(nameLength)) this.#framingLines.push(this.#fieldStart)
          phase = fieldText
          break
        }
        default:
          if (byte !== LF) return this.#reject('a bare CR in the head', to)
          at++
          return this.#endHead(this.#headText + bytes.toString('latin1', from, at), at, to)
      }
      at++
    }
    if (base + at >= bounds.upstreamHeaderBytesMax) return this.#reject('the head is too large', to)
    this.#phase = phase
    this.#headText += bytes.toString('latin1', from, to)
    return to
  }

  #endHead(head: string, at: number, to: number): number {
    const status = Number(head.slice(9, 12))
    if (status < 200) return this.#endInterim(status, at, to)
    const framing = readFraming(status, head, this.#framingLines)
    if (!framing.ok) return this.#reject(framing.error, to)
    const { body, length, keepAlive, keepAliveMs } = framing.value
    this.keepAlive = keepAlive
    this.keepAliveMs = keepAliveMs
    this.#remaining = length
    if (body === 'chunked') this.#chunks.reset()
    this.#headText = ''
    // Set before the call: the sink may stop the parser.
    const phase = body === 'chunked' ? chunkedBody : body === 'until-close' ? bodyUntilClose : sizedBody
    this.#phase = phase
    this.#sink.onHead(new AnswerHead(status, head))
    if (body === 'none' && this.#phase === phase) this.#end(at, to)
    return at
  }

  #endInterim(status: number, at: number, to: number): number {
    // The gateway never asks for another protocol, and an endless row of interim answers would hold the connection for ever.
    if (status < 100 || status === 101) return this.#reject(`status ${status}`, to)
    this.#interimAnswers++
    if (this.#interimAnswers > interimAnswersMax) return this.#reject('too many interim answers', to)
    this.#expectHead()
    return at
  }

  #expectHead(): void {
    this.#phase = statusLine
    this.#headText = ''
    this.#framingLines.length = 0
  }

  #readSized(bytes: Buffer, from: number, to: number): number {
    const end = Math.min(to, from + this.#remaining)
    this.#remaining -= end - from
    this.#sink.onData(bytes.subarray(from, end))
    if (this.#remaining === 0 && this.#phase === sizedBody) this.#end(end, to)
    return end
  }

  #readUntilClose(bytes: Buffer, from: number, to: number): number {
    this.#sink.onData(bytes.subarray(from, to))
    return to
  }

  #readChunked(bytes: Buffer, from: number, to: number): number {
    const at = this.#chunks.read(bytes, from, to, this.#sink)
    // The sink may have stopped the parser.
    if (this.#phase !== chunkedBody) return to
    const { problem } = this.#chunks
    if (problem !== undefined) return this.#reject(problem, to)
    if (this.#chunks.ended) this.#end(at, to)
    return at
  }

  #reject(problem: string, to: number): number {
    this.failure = problem
    this.stop()
    return to
  }

  #end(at: number, to: number): void {
    this.extraBytes = at < to
    this.#phase = over
    this.#sink.onEnd()
  }
}

/** Accepts `HTTP/1.0 200` and `HTTP/1.1 200`, then a blank or, where a server leaves out the reason, the line's end. */
function fitsStatusLine(place: number, byte: number): boolean {
  if (place < 7) return byte === versionPrefix.charCodeAt(place)
  if (place === 7) return byte === 48 || byte === 49
  if (place === 8) return byte === 32
  if (place < 12) return byte >= 48 && byte <= 57
  return byte === 32 || byte === CR
}

const versionPrefix = 'HTTP/1.'
