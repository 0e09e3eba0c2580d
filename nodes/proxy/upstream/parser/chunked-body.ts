// A body in chunks (RFC 9112, 7.1), from bytes that may be cut anywhere. Extensions are skipped; trailers are checked and
// dropped. It is as strict as the rest of the parser.
import { bounds } from '../../../../shared/bounds.ts'
import { CR, hexDigit, isBlank, isText, isToken, LF } from './character-tables.ts'

export interface ChunkSink {
  /** `chunk` is a view into the bytes given to `read`. */
  onData(chunk: Uint8Array): void
}

const sizeStart = 0
const size = 1
const sizePadding = 2
const extension = 3
const sizeLineFeed = 4
const chunkData = 5
const chunkReturn = 6
const chunkLineFeed = 7
const trailerStart = 8
const trailerName = 9
const trailerText = 10
const trailerLineFeed = 11
const lastLineFeed = 12
// Nothing is read from here on.
const complete = 13
const broken = 14
const stopped = 15

const lineBytesMax = 4_096
/** Moving a larger chunk to the end of the one before costs more than one more call. */
const moveBytesMax = 4_096
/** Twelve hexadecimal digits stay exact as a number, and no chunk is 256 TiB long. */
const sizeDigitsMax = 12

export class ChunkedBody {
  /** Why the body was rejected. */
  problem: string | undefined
  #phase = stopped
  #remaining = 0
  #sizeDigits = 0
  #lineBytes = 0

  /** Prepares for the next body. */
  reset(): void {
    this.problem = undefined
    this.#phase = sizeStart
    this.#lineBytes = 0
  }

  /** No callback comes afterwards, whatever is read. */
  stop(): void {
    this.#phase = stopped
  }

  /** Whether the last line was read. */
  get ended(): boolean {
    return this.#phase === complete
  }

  /** Reads `bytes` from `from` up to `to` and returns where it stopped. Body bytes before a fault are passed on before it
   *  shows in `problem`. Small chunks are moved together inside `bytes`, so that a burst of them arrives in one call. */
  read(bytes: Buffer, from: number, to: number, sink: ChunkSink): number {
    // Body bytes that are not yet passed on: [runStart, runEnd).
    let runStart = from
    let runEnd = from
    let at = from
    while (at < to && this.#phase < complete) {
      if (this.#phase !== chunkData) {
        this.#phase = this.#readLine(bytes[at]!)
        at++
        continue
      }
      const end = Math.min(to, at + this.#remaining)
      const length = end - at
      if (runEnd > runStart && length <= moveBytesMax) {
        bytes.copyWithin(runEnd, at, end)
        runEnd += length
      } else {
        if (runEnd > runStart) sink.onData(bytes.subarray(runStart, runEnd))
        if (this.#phase !== chunkData) return at
        runStart = at
        runEnd = end
      }
      this.#remaining -= length
      if (this.#remaining === 0) this.#phase = chunkReturn
      at = end
    }
    if (runEnd > runStart) sink.onData(bytes.subarray(runStart, runEnd))
    return at
  }

  /** Takes one byte of the lines around the chunks, and returns the next phase. */
  #readLine(byte: number): number {
    this.#lineBytes++
    switch (this.#phase) {
      case sizeStart:
      case size:
        return this.#readSize(byte)
      case sizePadding: // some servers pad the size with blanks
        if (byte === 59) return extension
        if (byte === CR) return sizeLineFeed
        if (isBlank(byte) && this.#lineBytes <= lineBytesMax) return sizePadding
        return this.#reject('a bad chunk size')
      case extension:
        if (byte === CR) return sizeLineFeed
        if (isText[byte] === 1 && this.#lineBytes <= lineBytesMax) return extension
        return this.#reject('a bad chunk extension')
      case sizeLineFeed:
        this.#lineBytes = 0
        if (byte !== LF) return this.#reject('a bare CR after a chunk size')
        return this.#remaining === 0 ? trailerStart : chunkData
      case chunkReturn:
        return byte === CR ? chunkLineFeed : this.#reject('a chunk that is longer than its size')
      case chunkLineFeed:
        this.#lineBytes = 0
        return byte === LF ? sizeStart : this.#reject('a bare CR after a chunk')
      default:
        return this.#readTrailer(byte)
    }
  }

  #readSize(byte: number): number {
    const digit = hexDigit[byte]
    if (digit !== undefined && digit < 16) {
      const isFirst = this.#phase === sizeStart
      this.#sizeDigits = isFirst ? 1 : this.#sizeDigits + 1
      this.#remaining = isFirst ? digit : this.#remaining * 16 + digit
      return this.#sizeDigits <= sizeDigitsMax ? size : this.#reject('a chunk size that is too large')
    }
    if (this.#phase === sizeStart) return this.#reject('a bad chunk size')
    if (byte === CR) return sizeLineFeed
    if (byte === 59) return extension
    return isBlank(byte) ? sizePadding : this.#reject('a bad chunk size')
  }

  #readTrailer(byte: number): number {
    if (this.#lineBytes > bounds.upstreamHeaderBytesMax) return this.#reject('the trailers are too large')
    switch (this.#phase) {
      case trailerStart:
        if (byte === CR) return lastLineFeed
        return isToken[byte] === 1 ? trailerName : this.#reject('a malformed trailer')
      case trailerName:
        if (byte === 58) return trailerText
        return isToken[byte] === 1 ? trailerName : this.#reject('a malformed trailer')
      case trailerText:
        if (byte === CR) return trailerLineFeed
        return isText[byte] === 1 ? trailerText : this.#reject('a control character in a trailer')
      default:
        if (byte !== LF) return this.#reject('a bare CR in the trailers')
        return this.#phase === lastLineFeed ? complete : trailerStart
    }
  }

  #reject(problem: string): number {
    this.problem = problem
    return broken
  }
}
