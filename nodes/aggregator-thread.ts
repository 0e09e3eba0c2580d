// The aggregator in its thread.
import { systemClock } from '../shared/clock.ts'
import { startAggregator } from './aggregator/main.ts'
import type { RunningThread, ThreadContext } from './worker.ts'

export function startAggregatorThread({ task, bus, notify }: ThreadContext): RunningThread {
  const aggregator = startAggregator({ dataDir: task.folder.path, bus, clock: systemClock, notify, node: task.node })
  return { standing: () => ({ troubles: [] }), close: () => aggregator.close() }
}
