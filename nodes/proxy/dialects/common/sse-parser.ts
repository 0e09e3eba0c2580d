// Parses a stream of server-sent events with JSON data, and hands the data to the reader of the dialect.
import type { ChatEvent, Emit } from '../../../../shared/chat/events.ts'
import type { JsonObject } from '../../../../shared/chat/parts.ts'
import { sseEvent } from '../../../../shared/sse/event.ts'
import { type FrameSink, SseFrames } from '../../../../shared/sse/frames.ts'
import type { EventReader, StreamParser } from '../dialect.ts'

export class SseParser implements StreamParser, FrameSink {
  readonly #frames = new SseFrames()
  readonly #reader: EventReader
  readonly #parse: (data: string) => JsonObject | undefined
  #emit: Emit = nothing
  #broken = false
  #over = false

  constructor(reader: EventReader, parse = parsed) {
    this.#reader = reader
    this.#parse = parse
  }

  push(bytes: Buffer, emit: Emit): 'ok' | 'broken' {
    if (this.#over) return 'ok'
    this.#emit = emit
    const bounded = this.#frames.push(bytes, this)
    return (bounded && !this.#broken) || this.#over ? 'ok' : 'broken'
  }

  progressed(): void {
    this.#frames.progressed()
  }

  /** The last event counts even without its blank line. */
  end(emit: Emit): void {
    this.#emit = emit
    const rest = this.#frames.takeRest()
    if (rest.length > 0) this.onFrame(rest, 0, rest.length)
    if (!this.#over) this.#reader.end(this.#send)
    if (!this.#over) this.#send({ type: 'upstream-cut' })
  }

  onFrame(bytes: Buffer, start: number, end: number): void {
    if (this.#over || this.#broken) return
    const { data } = sseEvent(bytes.utf8Slice(start, end))
    if (data === undefined || data === '') return
    if (data.startsWith('[DONE]')) {
      this.#reader.done(this.#send)
      return
    }
    const value = this.#parse(data)
    if (value === undefined) this.#broken = true
    else this.#reader.read(value, this.#send)
  }

  onFramesEnd(): void {}

  /** Ignores events after the end of the answer. */
  readonly #send = (event: ChatEvent): void => {
    if (this.#over) return
    if (event.type === 'end' || event.type === 'error' || event.type === 'upstream-cut') this.#over = true
    this.#emit(event)
  }
}

function nothing(): void {}

function parsed(data: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(data)
    return typeof value === 'object' && value !== null ? (value as JsonObject) : undefined
  } catch {
    return undefined
  }
}
