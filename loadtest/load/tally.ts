import { Histogram } from './histogram.ts'
import type { LoadResult } from './jobs.ts'
import type { Lane, LaneEnd } from './lane.ts'

/** Adds up what lanes report. */
export class Tally {
  readonly #latency = new Histogram()
  readonly #firstByte = new Histogram()
  readonly #startedMs = performance.now()
  readonly #cpuBefore = process.cpuUsage()
  readonly #accepts: (lane: Lane) => 'yes' | 'status' | 'frames'
  answered = 0
  #broken = 0
  #late = 0
  #frames = 0
  #framesLost = 0
  #bodyBytes = 0
  readonly #unexpected: Record<string, number> = {}

  constructor(accepts: (lane: Lane) => 'yes' | 'status' | 'frames') {
    this.#accepts = accepts
  }

  /** `fromMs`: what latency counts from. */
  add(lane: Lane, end: LaneEnd, fromMs: number): void {
    if (end === 'broken') {
      this.#broken++
      return
    }
    this.#bodyBytes += lane.bodyBytes
    this.#frames += lane.frames
    const verdict = this.#accepts(lane)
    if (verdict === 'status') this.#unexpected[lane.status] = (this.#unexpected[lane.status] ?? 0) + 1
    else if (verdict === 'frames') this.#framesLost++
    else this.answered++
    this.#latency.record(lane.endMs - fromMs)
    this.#firstByte.record(lane.firstByteMs - fromMs)
  }

  addLate(): void {
    this.#late++
  }

  result(): LoadResult {
    const { user, system } = process.cpuUsage(this.#cpuBefore)
    return {
      answered: this.answered,
      frames: this.#frames,
      bodyBytes: this.#bodyBytes,
      unexpected: this.#unexpected,
      framesLost: this.#framesLost,
      broken: this.#broken,
      late: this.#late,
      seconds: (performance.now() - this.#startedMs) / 1_000,
      latency: this.#latency.summary(),
      firstByte: this.#firstByte.summary(),
      generatorCpuMs: (user + system) / 1_000,
    }
  }
}
