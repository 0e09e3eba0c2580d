// Cuts a byte stream into complete server-sent events and keeps the incomplete rest, so that an event is forwarded
// whole or not at all. Line ends may be LF, CRLF or CR (WHATWG HTML, section 9.2); chunks may be cut anywhere.

/** The limit on the size of an event: a longer one means that the upstream is broken or hostile. */
export const eventBytesMax = 1 << 20

/** The limit on events without data, such as comments, that follow each other: each counts its bytes and `silentEventCost`. */
export const silentBytesMax = 1 << 20
const silentEventCost = 16
/** The limit on events that follow each other without anything of the answer in them, however they are framed. No provider sends as
 *  many; each costs some microseconds, and an upstream that sends nothing else would take a core for as long as it likes. */
export const fruitlessEventsMax = 16_384
/** Only an event of at most this size, or one that begins with a comment, is looked through for its data. An event whose data is
 *  empty has none: it is never dispatched (WHATWG HTML, section 9.2.6). */
const shortEventBytes = 64

const colon = 58
const space = 32
const byteOrderMark = Buffer.from('\ufeff')
const lf = 10
const cr = 13

export interface FrameSink {
  /** Takes one event with its blank line: `bytes[start, end)`, valid during the call. */
  onFrame(bytes: Buffer, start: number, end: number): void
  /** Called after the last frame of a chunk, while its bytes are still valid. */
  onFramesEnd(): void
}

export class SseFrames {
  readonly #eventBytesMax: number
  #rest = Buffer.alloc(0)
  #restLength = 0
  /** How much of `#rest` was searched before: no byte is searched twice, however small the chunks are. */
  #searched = 0
  #lineEnd: 'unknown' | 'lf' | 'cr' = 'unknown'
  #silentBytes = 0
  #fruitlessEvents = 0
  /** The first bytes, as long as they may become a byte order mark; undefined behind them. */
  #first: Buffer | undefined = Buffer.alloc(0)

  /** `bytesMax`: the limit for streams with larger events. */
  constructor(bytesMax = eventBytesMax) {
    this.#eventBytesMax = bytesMax
  }

  /** The number of bytes of the incomplete event. */
  get restLength(): number {
    return this.#restLength
  }

  /** False when an event exceeds its limit, or too many without data came; the stream cannot be used then. */
  push(bytes: Buffer, sink: FrameSink): boolean {
    const chunk = this.#first === undefined ? bytes : this.#withoutMark(this.#first, bytes)
    if (this.#restLength === 0) {
      const used = this.#cut(chunk, 0, chunk.length, sink)
      sink.onFramesEnd()
      this.#keep(chunk, used)
    } else {
      this.#append(chunk)
      const used = this.#cut(this.#rest, this.#searched, this.#restLength, sink)
      sink.onFramesEnd()
      this.#shift(used)
    }
    // What begins with a comment is no event with a whole image.
    const restMax = this.#rest[0] === colon ? eventBytesMax : this.#eventBytesMax
    return (
      this.#restLength <= restMax && this.#silentBytes <= silentBytesMax && this.#fruitlessEvents <= fruitlessEventsMax
    )
  }

  /** Called for an event with something of the answer in it. */
  progressed(): void {
    this.#fruitlessEvents = 0
  }

  /** The bytes without the byte order mark before them, which is no part of a stream (WHATWG HTML, section 9.2.6). */
  #withoutMark(first: Buffer, bytes: Buffer): Buffer {
    const begun = first.length === 0 ? bytes : Buffer.concat([first, bytes])
    const compared = Math.min(begun.length, byteOrderMark.length)
    const isMark = begun.compare(byteOrderMark, 0, compared, 0, compared) === 0
    this.#first = isMark && compared < byteOrderMark.length ? Buffer.from(begun) : undefined
    if (this.#first !== undefined) return Buffer.alloc(0)
    return isMark ? begun.subarray(byteOrderMark.length) : begun
  }

  /** The bytes after the last blank line, at the end of the stream. */
  takeRest(): Buffer {
    const rest = Buffer.from(this.#rest.subarray(0, this.#restLength))
    this.#restLength = 0
    this.#searched = 0
    return rest
  }

  /** Returns the end of the last complete event. */
  #cut(bytes: Buffer, searchFrom: number, length: number, sink: FrameSink): number {
    const wasKnown = this.#lineEnd !== 'unknown'
    if (!wasKnown) this.#detectLineEnd(bytes, length)
    const mark = this.#lineEnd === 'cr' ? cr : lf
    let start = 0
    // A search for the wrong line end does not count.
    let at = wasKnown ? searchFrom : 0
    for (;;) {
      const end = bytes.indexOf(mark, at)
      if (end < 0 || end >= length) break
      const after = blankLineEnd(bytes, end, length, mark)
      if (after === 'more') {
        at = end
        this.#searched = end - start
        return start
      }
      if (after > 0) {
        if (isSilent(bytes, start, after)) {
          this.#silentBytes += after - start + silentEventCost
          if (this.#silentBytes > silentBytesMax) return start
        } else this.#silentBytes = 0
        if (++this.#fruitlessEvents > fruitlessEventsMax) return start
        sink.onFrame(bytes, start, after)
        start = after
        at = after
      } else at = end + 1
    }
    this.#searched = length - start
    return start
  }

  #detectLineEnd(bytes: Buffer, length: number): void {
    const firstCr = bytes.indexOf(cr)
    const firstLf = bytes.indexOf(lf)
    if (firstLf >= 0 && firstLf < length && (firstCr < 0 || firstLf <= firstCr + 1)) this.#lineEnd = 'lf'
    else if (firstCr >= 0 && firstCr + 1 < length) this.#lineEnd = 'cr'
  }

  #keep(chunk: Buffer, used: number): void {
    const length = chunk.length - used
    this.#restLength = length
    if (length === 0) return
    if (this.#rest.length < length) this.#rest = Buffer.allocUnsafe(Math.max(1_024, 2 * length))
    chunk.copy(this.#rest, 0, used)
  }

  #append(chunk: Buffer): void {
    const length = this.#restLength + chunk.length
    if (this.#rest.length < length) {
      const larger = Buffer.allocUnsafe(2 * length)
      this.#rest.copy(larger, 0, 0, this.#restLength)
      this.#rest = larger
    }
    chunk.copy(this.#rest, this.#restLength)
    this.#restLength = length
  }

  #shift(used: number): void {
    if (used === 0) return
    this.#rest.copyWithin(0, used, this.#restLength)
    this.#restLength -= used
  }
}

/** Whether an event has no data. Nearly every event begins with its data, or with its name and is longer. */
function isSilent(bytes: Buffer, start: number, end: number): boolean {
  if (bytes[start] !== colon && end - start > shortEventBytes) return false
  for (let at = bytes.indexOf('data', start); at >= 0 && at < end; at = bytes.indexOf('data', at + 1)) {
    const isField = at === start || isLineEnd(bytes[at - 1])
    if (isField && !isEmptyField(bytes, at + 'data'.length)) return false
  }
  return true
}

/** Whether nothing stands behind the name of a field that ends at `at`. */
function isEmptyField(bytes: Buffer, at: number): boolean {
  if (bytes[at] !== colon) return isLineEnd(bytes[at])
  return isLineEnd(bytes[at + 1]) || (bytes[at + 1] === space && isLineEnd(bytes[at + 2]))
}

function isLineEnd(byte: number | undefined): boolean {
  return byte === lf || byte === cr
}

/** The end of the blank line that follows the line end at `end`; 0 when there is none; 'more' when more bytes are
 *  needed. */
function blankLineEnd(bytes: Buffer, end: number, length: number, mark: number): number | 'more' {
  const next = end + 1
  if (next >= length) return 'more'
  if (bytes[next] === mark) return next + 1
  if (mark === lf && bytes[next] === cr) {
    if (next + 1 >= length) return 'more'
    return bytes[next + 1] === lf ? next + 2 : next + 1
  }
  return 0
}
