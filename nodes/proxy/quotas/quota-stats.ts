// What queues have done since the start, for metrics.
import { quotaWaitBoundsMs as waitBoundsMs } from '../../../shared/telemetry/records.ts'
import type { LaneStats } from './lane.ts'

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
