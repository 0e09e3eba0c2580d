// One streamed answer of the mock: chunks at a pace or as fast as the peer reads, a silence in the middle, or one of the
// ways in which a stream goes wrong.
import type { HttpResponse } from 'uWebSockets.js'
import type { Clock, Timer } from '../../shared/clock.ts'
import {
  chunkFrame,
  doneFrame,
  errorFrame,
  finishFrame,
  messageClosingFrames,
  messageFrame,
  usageFrame,
} from './answers.ts'
import type { Directives } from './directives.ts'
import type { Ledger } from './ledger.ts'

const burstChunksAtOnce = 64

export interface SseStreamOptions {
  response: HttpResponse
  directives: Directives
  /** Whether the stream has the format of Anthropic. */
  messages: boolean
  /** Whether a usage frame is sent of its own. */
  usageSent: boolean
  ledger: Ledger
  clock: Clock
  onOver: () => void
}

export class SseStream {
  readonly #options: SseStreamOptions
  readonly #closing: string[]
  #next = 0
  #sentBytes = 0
  #held = false
  #full = false
  #over = false
  #timer: Timer | undefined

  constructor(options: SseStreamOptions) {
    this.#options = options
    const { directives, usageSent, messages } = options
    this.#closing = messages ? messageClosingFrames(directives.chunks) : closingFrames(directives, usageSent)
  }

  start(): void {
    const { response, ledger } = this.#options
    ledger.streamsStarted++
    ledger.streamsOpen++
    response.onWritable(() => {
      this.#full = false
      if (this.#timer === undefined) this.#pump()
      return true
    })
    response.cork(() => {
      response.writeHeader('content-type', 'text/event-stream; charset=utf-8').writeHeader('cache-control', 'no-cache')
    })
    this.#resume()
  }

  /** Ends the silence of a held stream. */
  release(): void {
    if (this.#held && !this.#over) this.#resume()
  }

  /** The peer has gone. */
  abort(): void {
    this.#options.ledger.earlyCloses++
    this.#finish()
  }

  #resume(): void {
    const { directives, clock } = this.#options
    this.#held = false
    this.#pump()
    if (this.#over || this.#held || directives.paceMs === 0) return
    this.#timer = clock.every(directives.paceMs, () => this.#pump())
  }

  /** One chunk when paced, else as many as the socket takes. */
  #pump(): void {
    if (this.#over || this.#held || this.#full) return
    const { response, directives } = this.#options
    response.cork(() => {
      if (directives.paceMs > 0) this.#writeNext()
      else while (!this.#over && !this.#held && !this.#full) this.#writeNext()
    })
  }

  #writeNext(): void {
    const { directives } = this.#options
    if (this.#next === directives.errorAtChunk) this.#close([errorFrame])
    else if (this.#next >= directives.chunks) this.#close(this.#closing)
    else this.#writeChunk()
  }

  #writeChunk(): void {
    const { directives, ledger } = this.#options
    const end = this.#next + this.#chunksAtOnce()
    ledger.chunks += end - this.#next
    let frames = ''
    const frameAt = this.#options.messages ? messageFrame : chunkFrame
    while (this.#next < end) frames += frameAt(this.#next++)
    this.#write(frames)
    if (directives.cutAfterBytes !== undefined && this.#sentBytes >= directives.cutAfterBytes) this.#cut()
    else if (this.#next === directives.holdAfterChunks) this.#hold()
  }

  /** A burst is written as a server would that has it all: many frames in one piece. */
  #chunksAtOnce(): number {
    const {
      paceMs,
      chunks,
      holdAfterChunks = Infinity,
      errorAtChunk = Infinity,
      cutAfterBytes,
    } = this.#options.directives
    if (paceMs > 0 || cutAfterBytes !== undefined) return 1
    const nextStop = [chunks, holdAfterChunks, errorAtChunk].filter((stop) => stop > this.#next)
    return Math.min(burstChunksAtOnce, Math.min(...nextStop) - this.#next)
  }

  #write(frame: string): void {
    this.#sentBytes += frame.length
    if (!this.#options.response.write(frame)) this.#full = true
  }

  #hold(): void {
    this.#held = true
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #close(frames: readonly string[]): void {
    for (const frame of frames) this.#write(frame)
    this.#options.ledger.streamsCompleted++
    this.#finish()
    this.#options.response.end()
  }

  #cut(): void {
    this.#finish()
    // A close inside the cork would lose the bytes that were just written.
    setImmediate(() => this.#options.response.close())
  }

  #finish(): void {
    if (this.#over) return
    this.#over = true
    this.#timer?.cancel()
    this.#options.ledger.streamsOpen--
    this.#options.onOver()
  }
}

function closingFrames(directives: Directives, usageSent: boolean): string[] {
  const { chunks, usage, doneSent } = directives
  const frames = [finishFrame({ chunks, usage: usage === 'on-last-choice' })]
  if (usageSent) frames.push(usageFrame(chunks))
  if (doneSent) frames.push(doneFrame)
  return frames
}
