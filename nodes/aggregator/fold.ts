// What the aggregator knows in memory: sums that wait for the next commit, and distributions and counts since start.
import type { Clock } from '../../shared/clock.ts'
import { limits } from '../../shared/limits.ts'
import type { DecodedRecord } from '../../shared/telemetry/decode.ts'
import { CountsFold } from './rollup/counts.ts'
import { LatencyFold } from './rollup/latency.ts'
import { slotMs } from './rollup/sliding-sketch.ts'
import { UsageFold } from './rollup/usage.ts'

export class Fold {
  readonly #clock: Clock
  readonly usage = new UsageFold()
  readonly latency = new LatencyFold(limits.telemetryTargetsMax)
  readonly counts = new CountsFold(limits.telemetryTargetsMax)

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Returns how many requests were among them. */
  add(records: readonly DecodedRecord[]): number {
    const newest = this.slot()
    let requests = 0
    for (const entry of records) {
      // A sender whose clock is ahead must not close our slots early.
      const slot = Math.min(newest, Math.max(0, Math.floor(entry.record.atMs / slotMs)))
      if (entry.type === 'attempt') {
        this.latency.addAttempt(entry.record, slot)
        continue
      }
      requests++
      this.usage.add(entry)
      this.counts.add(entry)
      this.latency.addRequest(entry, slot)
      if (entry.attempt !== undefined) this.latency.addAttempt(entry.attempt, slot)
    }
    return requests
  }

  slot(): number {
    return Math.floor(this.#clock.wallMs() / slotMs)
  }
}
