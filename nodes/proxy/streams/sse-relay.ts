// Relays one stream of server-sent events: the same bytes go out, in as few writes as they came in, without the usage chunk that the
// gateway asked for and the caller did not. The terminal event is held back, because the record of the request must be in the
// spool before the last byte is sent. What comes before the first token is held back too: an upstream that fails behind it has not
// answered, and another target can.
import { type FrameSink, SseFrames } from '../../../shared/sse/frames.ts'
import { openingBytesMax } from './answer-stream.ts'

/** A reader of the events of one dialect; see `openai/stream-observer.ts`. */
export interface EventObserver {
  observe(text: string): 'token' | 'opening' | 'other' | 'hide' | 'last' | 'done' | 'error'
  readonly finished: boolean
  readonly concluded?: boolean
  readonly usage: unknown
  readonly terminator: string
}

export interface StreamOutput {
  /** Called with complete events, which are valid during the call. */
  onEvents(bytes: Buffer): void
  /** Called when the stream is complete. `last` is its terminal event and may be kept. */
  onDone(last: Buffer): void
  /** Called at an error event, which is not forwarded. */
  onErrorEvent(): void
}

const commentMark = 58 // ':'

export class SseRelay implements FrameSink {
  readonly #frames: SseFrames
  readonly #observer: EventObserver
  readonly #output: StreamOutput
  #over = false
  #nowMs = 0
  /** Events to forward in one write: bytes [start, end) of the buffer that is being read. */
  #run: Buffer | undefined
  #runStart = 0
  #runEnd = 0
  /** The bytes that came before the first token; undefined as soon as there is one. */
  #held: Buffer[] | undefined = []
  #heldBytes = 0
  #isBegun = false
  /** The event that is the last one if no other follows. */
  #last: Buffer | undefined
  /** Whether only the terminal event is missing: the finish and the usage were seen, and no token behind them. */
  complete = false
  /** Number of content events. It is the number of tokens where an upstream sends one token per event. */
  tokens = 0
  firstTokenMs = 0
  lastTokenMs = 0
  /** Monotonic time of the last event that was not a comment, from the first token on. */
  lastEventMs = 0

  /** `eventBytesMax` is set for streams with larger events than usual. */
  constructor(observer: EventObserver, output: StreamOutput, eventBytesMax?: number) {
    this.#frames = new SseFrames(eventBytesMax)
    this.#observer = observer
    this.#output = output
  }

  /** Takes bytes of the upstream. Returns `broken` when they are no stream of events. */
  push(chunk: Buffer, nowMs: number): 'ok' | 'broken' {
    if (this.#over) return 'ok'
    this.#nowMs = nowMs
    const bounded = this.#frames.push(chunk, this)
    return bounded || this.#over ? 'ok' : 'broken'
  }

  /** Called when the upstream has ended the stream. Returns `cut` when the answer is incomplete. An event without its blank line is
   *  dropped, unless it is the terminal one. */
  end(): 'whole' | 'cut' {
    if (this.#over) return 'whole'
    this.#over = true
    const rest = this.#frames.takeRest()
    const fate = rest.length > 0 ? this.#observer.observe(rest.latin1Slice()) : undefined
    const terminal = fate === 'done' || fate === 'last'
    if (!terminal && !this.#observer.finished) return 'cut'
    this.#begin()
    if (terminal) this.#forwardLast()
    this.#output.onDone(terminal ? Buffer.concat([rest, Buffer.from('\n\n')]) : this.#lastWords)
    return 'whole'
  }

  /** Ends a complete stream whose upstream does not. */
  stop(): void {
    if (this.#over) return
    this.#over = true
    this.#begin()
    this.#output.onDone(this.#lastWords)
  }

  /** Ends the stream where it is; what has come of it is sent. */
  close(): void {
    this.#over = true
    this.#begin()
    this.#forwardLast()
  }

  get #lastWords(): Buffer {
    return this.#last ?? Buffer.from(this.#observer.terminator)
  }

  get #isConcluded(): boolean {
    return this.#observer.finished || this.#observer.concluded === true
  }

  onFrame(bytes: Buffer, start: number, end: number): void {
    if (this.#over) return // bytes after the terminal event are not part of the answer
    const text = bytes.latin1Slice(start, end)
    const fate = this.#observer.observe(text)
    this.complete = fate !== 'token' && this.#isConcluded && this.#observer.usage !== undefined
    this.#forwardLast()
    if (fate === 'token' || fate === 'other' || fate === 'opening') {
      if (fate === 'token') this.#countToken()
      if (!this.#isOpening(fate, text) && text.charCodeAt(0) !== commentMark) this.lastEventMs = this.#nowMs
      this.#extendRun(bytes, start, end)
      return
    }
    if (fate === 'done' || fate === 'last') this.#begin()
    this.onFramesEnd()
    if (fate === 'hide') return
    if (fate === 'last') {
      this.#last = Buffer.from(bytes.subarray(start, end))
      this.lastEventMs = this.#nowMs
      return
    }
    this.#over = true
    if (fate === 'done') this.#output.onDone(Buffer.from(bytes.subarray(start, end)))
    else this.#output.onErrorEvent()
  }

  onFramesEnd(): void {
    const run = this.#run
    if (run === undefined) return
    this.#run = undefined
    const events = run.subarray(this.#runStart, this.#runEnd)
    if (this.#held === undefined) this.#output.onEvents(events)
    else this.#hold(events)
  }

  /** Sends the event that turned out not to be the last one. */
  #forwardLast(): void {
    const last = this.#last
    if (last === undefined) return
    this.#last = undefined
    this.#output.onEvents(last)
  }

  /** Whether the stream has still not begun with this event. */
  #isOpening(fate: 'token' | 'other' | 'opening', text: string): boolean {
    if (this.#held === undefined) return false
    const isOpening = fate === 'opening' || (fate === 'other' && !text.includes('data:'))
    if (!isOpening) this.#isBegun = true
    return isOpening
  }

  #hold(events: Buffer): void {
    this.#heldBytes += events.length
    const isLast = this.#isBegun || this.#heldBytes > openingBytesMax
    // What is sent before this call returns needs no copy.
    this.#held?.push(isLast ? events : Buffer.from(events))
    if (isLast) this.#begin()
  }

  #begin(): void {
    this.#isBegun = true
    const held = this.#held
    if (held === undefined) return
    if (this.#run !== undefined) held.push(this.#run.subarray(this.#runStart, this.#runEnd))
    this.#run = undefined
    this.#held = undefined
    const [first] = held
    if (first !== undefined) this.#output.onEvents(held.length === 1 ? first : Buffer.concat(held))
  }

  #extendRun(bytes: Buffer, start: number, end: number): void {
    if (this.#run === undefined) {
      this.#run = bytes
      this.#runStart = start
    }
    this.#runEnd = end
  }

  #countToken(): void {
    this.#frames.progressed()
    this.tokens++
    if (this.tokens === 1) this.firstTokenMs = this.#nowMs
    this.lastTokenMs = this.#nowMs
  }
}
