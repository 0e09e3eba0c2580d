// Measures how late the event loop is, for heartbeats and metrics: a proxy that is late delays every stream it relays.
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks'
import type { ProcessLoad } from '../../shared/telemetry/records.ts'

const resolutionMs = 20

export class EventLoopLag {
  #histogram: IntervalHistogram | undefined

  start(): void {
    this.#histogram = monitorEventLoopDelay({ resolution: resolutionMs })
    this.#histogram.enable()
  }

  stop(): void {
    this.#histogram?.disable()
    this.#histogram = undefined
  }

  /** Returns the lag since the last reading. The histogram holds whole intervals: the lag is the part beyond the
   *  requested interval. */
  read(): ProcessLoad['eventLoopLagMs'] {
    const histogram = this.#histogram
    if (histogram === undefined || histogram.count === 0) return { p50: 0, p99: 0, max: 0 }
    const lag = {
      p50: lagMs(histogram.percentile(50)),
      p99: lagMs(histogram.percentile(99)),
      max: lagMs(histogram.max),
    }
    histogram.reset()
    return lag
  }
}

function lagMs(intervalNs: number): number {
  return Math.max(0, Math.round(intervalNs / 1e4) / 100 - resolutionMs)
}
