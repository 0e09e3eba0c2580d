// Finished batches that the spool could not take, oldest first. Memory is bounded: the oldest batches are dropped beyond the
// bound, counted, and reported to operators.
import type { Clock } from '../../../shared/clock.ts'
import type { Notify } from '../../../shared/notice.ts'
import type { SpooledBatch } from './segment-reader.ts'

export interface MemoryBatchesOptions {
  readonly recordsMax: number
  readonly bytesMax: number
  readonly clock: Clock
  readonly notify: Notify
}

const dropNoticeMsMin = 10_000

export class MemoryBatches {
  readonly #options: MemoryBatchesOptions
  readonly #batches: SpooledBatch[] = []
  #records = 0
  #bytes = 0
  #dropped = 0
  #droppedReported = 0
  #reportedAtMs = Number.NEGATIVE_INFINITY

  constructor(options: MemoryBatchesOptions) {
    this.#options = options
  }

  get records(): number {
    return this.#records
  }

  /** Records dropped since start. */
  get dropped(): number {
    return this.#dropped
  }

  add(batch: SpooledBatch): void {
    this.#batches.push(batch)
    this.#records += countOf(batch)
    this.#bytes += batch.bytes.length
    const { recordsMax, bytesMax } = this.#options
    while (this.#records > recordsMax || this.#bytes > bytesMax) this.#dropped += this.#removeOldest()
  }

  /** Removes the batches that are confirmed up to `sequence`. */
  confirm(sequence: number): void {
    while (this.#batches[0] !== undefined && this.#batches[0].last <= sequence) this.#removeOldest()
  }

  /** The oldest batch that goes beyond `sequence`. */
  firstAfter(sequence: number): SpooledBatch | undefined {
    return this.#batches.find(({ last }) => last > sequence)
  }

  /** Reports what was dropped since the last report, once in ten seconds at most. */
  reportDropped(): void {
    if (this.#options.clock.monotonicMs() - this.#reportedAtMs >= dropNoticeMsMin) this.reportAllDropped()
  }

  reportAllDropped(): void {
    const records = this.#dropped - this.#droppedReported
    if (records === 0) return
    this.#options.notify({ type: 'usage-dropped', records, reason: 'spool-full' })
    this.#droppedReported = this.#dropped
    this.#reportedAtMs = this.#options.clock.monotonicMs()
  }

  /** Returns how many records were in it. */
  #removeOldest(): number {
    const oldest = this.#batches.shift()
    if (oldest === undefined) return 0
    this.#records -= countOf(oldest)
    this.#bytes -= oldest.bytes.length
    return countOf(oldest)
  }
}

function countOf({ first, last }: SpooledBatch): number {
  return last - first + 1
}
