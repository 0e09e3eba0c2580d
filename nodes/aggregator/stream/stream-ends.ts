// Where the stream ended at moments that are some time ago. Who has read everything since such a moment has read everything
// up to that end, even from a server that lags a little behind the one that was asked. Read positions and trimming rest on
// it.
import type { UsageFacts, UsageStream } from '../../../cluster/telemetry-stream/usage-stream.ts'
import type { Clock, Timer } from '../../../shared/clock.ts'

export interface StreamEnd {
  sequence: number
  /** 0 when it is not known. */
  storedAtMs: number
  created: string
  seenMs: number
}

export interface StreamEndsOptions {
  stream: Pick<UsageStream, 'facts'>
  clock: Clock
  /** Called with the facts of each answered look at the stream. */
  onFacts?: (facts: UsageFacts) => void
}

const lookMs = 5_000
/** How far behind its leader a server may be that still answers. */
const settledMs = 30_000
const kept = 16

export class StreamEnds {
  readonly #options: StreamEndsOptions
  #ends: StreamEnd[] = []
  #timer: Timer | undefined

  constructor(options: StreamEndsOptions) {
    this.#options = options
  }

  start(): void {
    void this.#look()
    this.#timer = this.#options.clock.every(lookMs, () => void this.#look())
  }

  stop(): void {
    this.#timer?.cancel()
  }

  /** The newest end that was seen long enough before `atMs`. */
  settledBefore(atMs: number): StreamEnd | undefined {
    return this.#ends.findLast(({ seenMs }) => seenMs <= atMs - settledMs)
  }

  async #look(): Promise<void> {
    const { stream, clock, onFacts } = this.#options
    // The time is taken before the question, because the answer describes this moment or a later one.
    const seenMs = clock.monotonicMs()
    const facts = await stream.facts()
    if (!facts.ok) return
    const { lastSequence: sequence, lastAtMs = 0, created } = facts.value
    // What was known of a stream that is another one now, or shorter, is worth nothing.
    this.#ends = this.#ends.filter((end) => end.created === created && end.sequence <= sequence)
    this.#ends.push({ sequence, storedAtMs: lastAtMs, created, seenMs })
    if (this.#ends.length > kept) this.#ends.shift()
    onFacts?.(facts.value)
  }
}
