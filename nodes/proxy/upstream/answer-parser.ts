// One HTTP/1.1 answer after the other, from bytes that may be cut anywhere, as callbacks. No I/O, no timer: what it does
// depends on the bytes alone, which is why a fuzzer can drive it. It is strict, because its upstream may be wrong or
// hostile and its connections are shared by callers: a bare LF, a folded line, a blank before a colon, a length said
// twice in two ways end the exchange (RFC 9112).
import { bounds } from '../../../shared/bounds.ts'
import { mayFrame, readFraming } from './answer-framing.ts'
import { AnswerHead } from './answer-head.ts'

export interface AnswerSink {
  onHead(head: AnswerHead): void
  /** A view into the bytes given to `push`. */
  onData(chunk: Uint8Array): void
  onEnd(): void
}

// Phases in the order of an answer: those of the head come first, those of the chunk lines and trailers last.
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
const sizeStart = 10
const size = 11
const sizePadding = 12
const extension = 13
const sizeLineFeed = 14
const chunkData = 15
const chunkReturn = 16
const chunkLineFeed = 17
const trailerStart = 18
const trailerName = 19
const trailerText = 20
const trailerLineFeed = 21
const lastLineFeed = 22
const chunkedEnd = 23
const chunkedBroken = 24

const interimAnswersMax = 16
const chunkLineBytesMax = 4_096
/** Above it, moving a chunk to the end of the one before costs more than one more call. */
const chunkMoveBytesMax = 4_096
const CR = 13
const LF = 10

export class AnswerParser {
  /** Why the answer was refused. */
  failure: string | undefined
  /** Whether any byte of an answer came. */
  begun = false
  /** Whether the connection may be used again, once the answer has ended. */
  keepAlive = false
  keepAliveMs: number | undefined
  /** Bytes came after the end of a good answer: the upstream and we disagree about where that is. */
  extraBytes = false
  #sink: AnswerSink
  #phase = statusLine
  #headText = ''
  #fieldStart = 0
  readonly #framingLines: number[] = []
  #interimAnswers = 0
  #remaining = 0
  #sizeDigits = 0
  #lineBytes = 0
  #chunkProblem = ''

  constructor(sink: AnswerSink) {
    this.#sink = sink
  }

  /** Ready for the next answer. */
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

  /** No callback comes any more, whatever is pushed. */
  stop(): void {
    this.#phase = over
    this.#headText = ''
  }

  /** Reads `bytes` up to `length`. Small chunks of a chunked body are moved together inside `bytes`, so that a burst of
   *  them arrives as one call. Check `failure` afterwards. */
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

  /** The upstream has closed. False: in the middle of an answer. */
  finish(): boolean {
    if (this.#phase === bodyUntilClose) this.#end(0, 0)
    return this.#phase === over
  }

  #readHead(bytes: Buffer, from: number, to: number): number {
    // Places within the head: what earlier pushes left comes first.
    const base = this.#headText.length - from
    const stop = Math.min(to, bounds.upstreamHeaderBytesMax - base)
    let phase = this.#phase
    let at = from
    while (at < stop) {
      const byte = bytes[at]!
      switch (phase) {
        case statusLine:
          if (!fitsStatusLine(base + at, byte)) return this.#refuse('not an HTTP/1.1 status line', to)
          if (base + at === 12) phase = byte === CR ? lineFeed : reason
          break
        case reason:
        case fieldText:
          while (at < stop && isText[bytes[at]!] === 1) at++
          if (at === stop) continue
          if (bytes[at] !== CR) return this.#refuse('a control character in the head', to)
          phase = lineFeed
          break
        case lineFeed:
          if (byte !== LF) return this.#refuse('a bare CR in the head', to)
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
          if (nameLength === 0 || bytes[at] !== 58) return this.#refuse('a malformed header line', to)
          if (mayFrame(nameLength)) this.#framingLines.push(this.#fieldStart)
          phase = fieldText
          break
        }
        default:
          if (byte !== LF) return this.#refuse('a bare CR in the head', to)
          at++
          return this.#endHead(this.#headText + bytes.toString('latin1', from, at), at, to)
      }
      at++
    }
    if (base + at >= bounds.upstreamHeaderBytesMax) return this.#refuse('the head is too large', to)
    this.#phase = phase
    this.#headText += bytes.toString('latin1', from, to)
    return to
  }

  #endHead(head: string, at: number, to: number): number {
    const status = Number(head.slice(9, 12))
    if (status < 200) return this.#endInterim(status, at, to)
    const framing = readFraming(status, head, this.#framingLines)
    if (!framing.ok) return this.#refuse(framing.error, to)
    const { body, length, keepAlive, keepAliveMs } = framing.value
    this.keepAlive = keepAlive
    this.keepAliveMs = keepAliveMs
    this.#remaining = length
    this.#lineBytes = 0
    this.#headText = ''
    // Set before the call: the sink may stop the parser.
    const phase = body === 'chunked' ? sizeStart : body === 'until-close' ? bodyUntilClose : sizedBody
    this.#phase = phase
    this.#sink.onHead(new AnswerHead(status, head))
    if (body === 'none' && this.#phase === phase) this.#end(at, to)
    return at
  }

  #endInterim(status: number, at: number, to: number): number {
    // We never ask for another protocol, and an endless row of interim answers would hold the connection for ever.
    if (status < 100 || status === 101) return this.#refuse(`status ${status}`, to)
    this.#interimAnswers++
    if (this.#interimAnswers > interimAnswersMax) return this.#refuse('too many interim answers', to)
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
    // The run of body bytes not yet handed on.
    let runStart = from
    let runEnd = from
    let at = from
    while (at < to && this.#phase < chunkedEnd) {
      if (this.#phase !== chunkData) {
        this.#phase = this.#readChunkLine(bytes[at]!)
        at++
        continue
      }
      const end = Math.min(to, at + this.#remaining)
      const length = end - at
      if (runEnd > runStart && length <= chunkMoveBytesMax) {
        bytes.copyWithin(runEnd, at, end)
        runEnd += length
      } else {
        if (!this.#handOn(bytes, runStart, runEnd)) return to
        runStart = at
        runEnd = end
      }
      this.#remaining -= length
      if (this.#remaining === 0) this.#phase = chunkReturn
      at = end
    }
    if (!this.#handOn(bytes, runStart, runEnd)) return to
    if (this.#phase === chunkedEnd) this.#end(at, to)
    else if (this.#phase === chunkedBroken) return this.#refuse(this.#chunkProblem, to)
    return at
  }

  /** False when the sink has stopped the parser. */
  #handOn(bytes: Buffer, from: number, to: number): boolean {
    if (to === from) return true
    const phase = this.#phase
    this.#sink.onData(bytes.subarray(from, to))
    return this.#phase === phase
  }

  /** One byte of what stands around the chunks: size lines, extensions (skipped) and trailers (checked and dropped).
   *  Answers the next phase. */
  #readChunkLine(byte: number): number {
    this.#lineBytes++
    switch (this.#phase) {
      case sizeStart:
      case size:
        return this.#readSize(byte)
      case sizePadding: // some servers pad the size with blanks
        if (byte === 59) return extension
        if (byte === CR) return sizeLineFeed
        if (isBlank(byte) && this.#lineBytes <= chunkLineBytesMax) return sizePadding
        return this.#broken('a bad chunk size')
      case extension:
        if (byte === CR) return sizeLineFeed
        if (isText[byte] === 1 && this.#lineBytes <= chunkLineBytesMax) return extension
        return this.#broken('a bad chunk extension')
      case sizeLineFeed:
        this.#lineBytes = 0
        if (byte !== LF) return this.#broken('a bare CR after a chunk size')
        return this.#remaining === 0 ? trailerStart : chunkData
      case chunkReturn:
        return byte === CR ? chunkLineFeed : this.#broken('a chunk that is longer than its size')
      case chunkLineFeed:
        this.#lineBytes = 0
        return byte === LF ? sizeStart : this.#broken('a bare CR after a chunk')
      default:
        return this.#readTrailer(byte)
    }
  }

  #readSize(byte: number): number {
    const digit = hexDigit[byte]
    if (digit !== undefined && digit < 16) {
      const first = this.#phase === sizeStart
      this.#sizeDigits = first ? 1 : this.#sizeDigits + 1
      this.#remaining = first ? digit : this.#remaining * 16 + digit
      // Twelve digits stay exact, and no chunk is 256 TiB long.
      return this.#sizeDigits <= 12 ? size : this.#broken('a chunk size that is too large')
    }
    if (this.#phase === sizeStart) return this.#broken('a bad chunk size')
    if (byte === CR) return sizeLineFeed
    if (byte === 59) return extension
    return isBlank(byte) ? sizePadding : this.#broken('a bad chunk size')
  }

  #readTrailer(byte: number): number {
    if (this.#lineBytes > bounds.upstreamHeaderBytesMax) return this.#broken('the trailers are too large')
    switch (this.#phase) {
      case trailerStart:
        if (byte === CR) return lastLineFeed
        return isToken[byte] === 1 ? trailerName : this.#broken('a malformed trailer')
      case trailerName:
        if (byte === 58) return trailerText
        return isToken[byte] === 1 ? trailerName : this.#broken('a malformed trailer')
      case trailerText:
        if (byte === CR) return trailerLineFeed
        return isText[byte] === 1 ? trailerText : this.#broken('a control character in a trailer')
      default:
        if (byte !== LF) return this.#broken('a bare CR in the trailers')
        return this.#phase === lastLineFeed ? chunkedEnd : trailerStart
    }
  }

  /** The body bytes before the fault are handed on first; then the answer is refused. */
  #broken(problem: string): number {
    this.#chunkProblem = problem
    return chunkedBroken
  }

  #refuse(problem: string, to: number): number {
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

/** `HTTP/1.0 200` and `HTTP/1.1 200`, then a blank or, where a server leaves out the reason, the line's end. */
function fitsStatusLine(place: number, byte: number): boolean {
  if (place < 7) return byte === versionPrefix.charCodeAt(place)
  if (place === 7) return byte === 48 || byte === 49
  if (place === 8) return byte === 32
  if (place < 12) return byte >= 48 && byte <= 57
  return byte === 32 || byte === CR
}

function isBlank(byte: number): boolean {
  return byte === 32 || byte === 9
}

const versionPrefix = 'HTTP/1.'

const isToken = new Uint8Array(256)
for (const character of "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") {
  isToken[character.charCodeAt(0)] = 1
}

const isText = new Uint8Array(256).fill(1, 32)
isText[9] = 1
isText[127] = 0

const hexDigit = new Uint8Array(256).fill(16)
for (let digit = 0; digit < 16; digit++) {
  const character = digit.toString(16)
  hexDigit[character.charCodeAt(0)] = digit
  hexDigit[character.toUpperCase().charCodeAt(0)] = digit
}
