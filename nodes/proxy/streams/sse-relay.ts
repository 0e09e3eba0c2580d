// Relays one stream of server-sent events: the same bytes go out, in as few writes as they came in, without the usage chunk that the
// gateway asked for and the caller did not. The terminal event is held back, because the record of the request must be in the
// spool before the last byte is sent.
import { type FrameSink, SseFrames } from '../../../shared/sse/frames.ts'

/** Reads the events of one dialect; see `openai/stream-observer.ts`. */
export interface EventObserver {
  observe(text: string): 'token' | 'other' | 'hide' | 'done' | 'error'
  readonly finished: boolean
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
  /** Number of content events. It is the number of tokens where an upstream sends one token per event. */
  tokens = 0
  firstTokenMs = 0
  lastTokenMs = 0
  /** Monotonic time of the last event that was not a comment. */
  lastEventMs = 0

  /** `eventBytesMax` is set for streams with larger events than usual. */
  constructor(observer: EventObserver, output: StreamOutput, eventBytesMax?: number) {
    this.#frames = new SseFrames(eventBytesMax)
    this.#observer = observer
    this.#output = output
  }

  /** Returns `broken` when the bytes are no stream of events. */
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
    const terminal = rest.length > 0 && this.#observer.observe(rest.latin1Slice()) === 'done'
    if (!terminal && !this.#observer.finished) return 'cut'
    this.#output.onDone(terminal ? Buffer.concat([rest, Buffer.from('\n\n')]) : Buffer.from(this.#observer.terminator))
    return 'whole'
  }

  onFrame(bytes: Buffer, start: number, end: number): void {
    if (this.#over) return // bytes after the terminal event are not part of the answer
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
