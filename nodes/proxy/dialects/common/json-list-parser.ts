// Parses a stream that is one JSON list of objects: each element is parsed as soon as it is complete.
import type { ChatEvent, Emit } from '../../../../shared/chat/events.ts'
import type { JsonObject } from '../../../../shared/chat/parts.ts'
import { eventBytesMax, fruitlessEventsMax } from '../../../../shared/sse/frames.ts'
import type { EventReader, StreamParser } from '../dialect.ts'

const quote = 34
const backslash = 92
const open = 123
const close = 125
const openList = 91
const closeList = 93

export class JsonListParser implements StreamParser {
  readonly #reader: EventReader
  readonly #parse: (text: string) => JsonObject | undefined
  /** Bytes of an incomplete element. */
  #pieces: Buffer[] = []
  #pieceBytes = 0
  #depth = 0
  #inText = false
  #escaped = false
  #closed = false
  #over = false
  /** Elements, and commas and spaces between them, since the last token. */
  #fruitless = 0
  #emit: Emit = () => {}

  constructor(reader: EventReader, parse: (text: string) => JsonObject | undefined) {
    this.#reader = reader
    this.#parse = parse
  }

  push(bytes: Buffer, emit: Emit): 'ok' | 'broken' {
    this.#emit = emit
    let start = 0
    for (let i = 0; i < bytes.length && !this.#over; i++) {
      const depth = this.#depth
      const byte = bytes[i]
      if (byte === undefined || !this.#step(byte)) return 'broken'
      if (depth === 1 && this.#depth === 2) start = i
      if (depth === 2 && this.#depth === 1) {
        if (!this.#element(bytes.subarray(start, i + 1))) return 'broken'
        start = i + 1
      }
    }
    if (this.#over) return 'ok'
    if (this.#fruitless > fruitlessEventsMax) return 'broken'
    if (this.#depth < 2) return 'ok'
    // The bytes are valid only during the call, so the rest is copied.
    this.#pieces.push(Buffer.from(bytes.subarray(start)))
    this.#pieceBytes += bytes.length - start
    return this.#pieceBytes <= eventBytesMax ? 'ok' : 'broken'
  }

  progressed(): void {
    this.#fruitless = 0
  }

  end(emit: Emit): void {
    this.#emit = emit
    if (this.#over) return
    if (this.#closed) this.#reader.end(this.#send)
    if (!this.#over) this.#send({ type: 'upstream-cut' })
  }

  /** Advances by one byte. False for a byte that cannot stand there: only commas and spaces separate elements. */
  #step(byte: number): boolean {
    if (this.#inText) {
      if (this.#escaped) this.#escaped = false
      else if (byte === backslash) this.#escaped = true
      else if (byte === quote) this.#inText = false
      return true
    }
    const isSpace = byte === 32 || byte === 10 || byte === 13 || byte === 9
    if (this.#depth < 2) this.#fruitless++
    if (this.#depth === 0) {
      if (byte === openList && !this.#closed) this.#depth = 1
      return isSpace || this.#depth === 1
    }
    if (this.#depth === 1) {
      if (byte === closeList) {
        this.#depth = 0
        this.#closed = true
      } else if (byte === open) this.#depth = 2
      else return isSpace || byte === 44
      return true
    }
    if (byte === quote) this.#inText = true
    else if (byte === open || byte === openList) this.#depth++
    else if (byte === close || byte === closeList) this.#depth--
    return true
  }

  #element(last: Buffer): boolean {
    const text = Buffer.concat([...this.#pieces, last]).toString('utf8')
    this.#pieces = []
    this.#pieceBytes = 0
    const value = this.#parse(text)
    if (value === undefined) return false
    this.#reader.read(value, this.#send)
    return true
  }

  /** Ignores events after the end of the answer. */
  readonly #send = (event: ChatEvent): void => {
    if (this.#over) return
    if (event.type === 'end' || event.type === 'error' || event.type === 'upstream-cut') this.#over = true
    this.#emit(event)
  }
}
