// The aggregator in its thread: beside the other parts of its process, or in a cluster.
import type { RunningThread, ThreadContext } from './thread-context.ts'

/** Starts the aggregator; the code that speaks NATS is loaded only in a cluster. */
export async function startAggregatorThread(context: ThreadContext): Promise<RunningThread> {
  if (context.task.settings.nats === undefined) return (await import('./aggregator-alone.ts')).startAlone(context)
  return (await import('./aggregator-in-cluster.ts')).startInCluster(context)
}
