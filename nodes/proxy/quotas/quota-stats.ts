// What queues have done since the start, for metrics.
import type { LaneStats } from './lane.ts'

/** Upper bounds of the buckets of waits, in milliseconds. */
export const waitBoundsMs = [10, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000] as const

export class QuotaStats implements LaneStats {
  /** Waits by bucket; the last one is for all that are longer. */
  readonly waits: number[] = [...waitBoundsMs.map(() => 0), 0]
  waitedMs = 0
  sheds = 0

  waited(ms: number): void {
    this.waitedMs += ms
    const at = waitBoundsMs.findIndex((bound) => ms <= bound)
    const bucket = at < 0 ? waitBoundsMs.length : at
    this.waits[bucket] = (this.waits[bucket] ?? 0) + 1
  }

  shed(): void {
    this.sheds++
  }
}
