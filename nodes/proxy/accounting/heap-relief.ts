// Has the garbage collected that large bodies left behind. V8 collects when something is allocated; in a proxy that has little to
// do, strings of many MB would stay for hours.
import type { Clock, Timer } from '../../../shared/clock.ts'
import type { MemoryUse } from '../http/http.ts'

export interface CollectedHeap {
  /** Bytes in use, garbage among them. */
  usedBytes(): number
  /** Collects all garbage at once. */
  collect(): void
}

export interface HeapReliefOptions {
  readonly clock: Clock
  readonly heap: CollectedHeap
  /** The memory for what is made of bodies. */
  readonly parsed: Pick<MemoryUse, 'largeTakings'>
}

const lookMs = 1_000
/** How long no large body must have been parsed. */
const quietMs = 10_000
const garbageBytesMin = 32 << 20
/** A collection holds the thread for about two milliseconds for each MB that is in use. With more than this it is left to V8. */
const liveBytesMax = 48 << 20
const pauseMs = 60_000

export class HeapRelief {
  readonly #options: HeapReliefOptions
  readonly #timer: Timer
  /** The bytes in use while there was little garbage: the least that was seen. */
  #liveBytes: number
  /** The most bytes in use since the last collection. V8 keeps pages of a heap that was larger until one. */
  #mostBytes = 0
  #takings = 0
  #quietSinceMs: number
  #notBeforeMs = 0
  /** Whether large bodies were parsed since the last look at the garbage. */
  #isDue = false

  constructor(options: HeapReliefOptions) {
    const { clock, heap, parsed } = options
    this.#options = options
    this.#liveBytes = heap.usedBytes()
    this.#takings = parsed.largeTakings
    this.#quietSinceMs = clock.monotonicMs()
    this.#timer = clock.every(lookMs, () => this.#look())
  }

  stop(): void {
    this.#timer.cancel()
  }

  #look(): void {
    const { clock, heap, parsed } = this.#options
    const nowMs = clock.monotonicMs()
    if (parsed.largeTakings !== this.#takings) {
      this.#takings = parsed.largeTakings
      this.#quietSinceMs = nowMs
      this.#isDue = true
    }
    const usedBytes = heap.usedBytes()
    this.#liveBytes = Math.min(this.#liveBytes, usedBytes)
    this.#mostBytes = Math.max(this.#mostBytes, usedBytes)
    if (!this.#isDue || nowMs - this.#quietSinceMs < quietMs || nowMs < this.#notBeforeMs) return
    this.#isDue = false
    if (this.#mostBytes - this.#liveBytes < garbageBytesMin || this.#liveBytes > liveBytesMax) return
    heap.collect()
    this.#liveBytes = heap.usedBytes()
    this.#mostBytes = 0
    this.#notBeforeMs = nowMs + pauseMs
  }
}
