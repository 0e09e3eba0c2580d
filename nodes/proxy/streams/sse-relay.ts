// Relays one stream of server-sent events: bytes in, the same bytes out in as few writes as they came in, less the usage
// chunk that we asked for and the caller did not. The terminal event is held back, because the record of the request has
// to be on its way before the last byte is.
import { type FrameSink, SseFrames } from '../../../shared/sse/frames.ts'

/** What the relay needs to know of the dialect: see `openai/stream-observer.ts`. */
export interface EventObserver {
  observe(text: string): 'token' | 'other' | 'hide' | 'done' | 'error'
  readonly finished: boolean
  readonly terminator: string
}

export interface StreamOutput {
  /** Complete events, valid during the call. */
  onEvents(bytes: Buffer): void
  /** The stream is whole; `last` is its terminal event, ours to keep. */
  onDone(last: Buffer): void
  /** An error event: nothing of it was forwarded. */
  onErrorEvent(): void
}

export class SseRelay implements FrameSink {
  readonly #frames: SseFrames
  readonly #observer: EventObserver
  readonly #output: StreamOutput
  #over = false
  #nowMs = 0
  /** Events to forward in one write: bytes [start, end) of the buffer being cut. */
  #run: Buffer | undefined
  #runStart = 0
  #runEnd = 0
  /** Content events so far; an upstream that sends one token an event makes this the token count. */
  tokens = 0
  firstTokenMs = 0
  lastTokenMs = 0
  /** Of the last event that was not a comment. */
  lastEventMs = 0

  /** `eventBytesMax`, where a stream has larger events than usual. */
  constructor(observer: EventObserver, output: StreamOutput, eventBytesMax?: number) {
    this.#frames = new SseFrames(eventBytesMax)
    this.#observer = observer
    this.#output = output
  }

  /** `broken` when the upstream sends something that cannot be a stream of events. */
  push(chunk: Buffer, nowMs: number): 'ok' | 'broken' {
    if (this.#over) return 'ok'
    this.#nowMs = nowMs
    const bounded = this.#frames.push(chunk, this)
    return bounded || this.#over ? 'ok' : 'broken'
  }

  /** The upstream has ended; `cut` when the answer was not whole. An event without its blank line is none, unless it is
   *  the terminal one. */
  end(): 'whole' | 'cut' {
    if (this.#over) return 'whole'
    this.#over = true
    const rest = this.#frames.takeRest()
    const terminal = rest.length > 0 && this.#observer.observe(rest.latin1Slice()) === 'done'
    if (!terminal && !this.#observer.finished) return 'cut'
    this.#output.onDone(terminal ? Buffer.concat([rest, Buffer.from('\n\n')]) : Buffer.from(this.#observer.terminator))
    return 'whole'
  }

  onFrame(bytes: Buffer, start: number, end: number): void {
    if (this.#over) return // whatever comes after the terminal event is not part of the answer
    const text = bytes.latin1Slice(start, end)
    const fate = this.#observer.observe(text)
    if (fate === 'token' || fate === 'other') {
      if (fate === 'token') this.#countToken()
      if (text.charCodeAt(0) !== 58) this.lastEventMs = this.#nowMs
      this.#extendRun(bytes, start, end)
      return
    }
    this.onFramesEnd()
    if (fate === 'hide') return
    this.#over = true
    if (fate === 'done') this.#output.onDone(Buffer.from(bytes.subarray(start, end)))
    else this.#output.onErrorEvent()
  }

  onFramesEnd(): void {
    const run = this.#run
    if (run === undefined) return
    this.#run = undefined
    this.#output.onEvents(run.subarray(this.#runStart, this.#runEnd))
  }

  #extendRun(bytes: Buffer, start: number, end: number): void {
    if (this.#run === undefined) {
      this.#run = bytes
      this.#runStart = start
    }
    this.#runEnd = end
  }

  #countToken(): void {
    this.tokens++
    if (this.tokens === 1) this.firstTokenMs = this.#nowMs
    this.lastTokenMs = this.#nowMs
  }
}
