// A thread of a node that runs beside the data plane: it joins the bus of the process, starts its part, and tells the
// composing thread each second how that is.
import { parentPort, workerData } from 'node:worker_threads'
import { LocalBus } from '../../../cluster/bus/local-bus.ts'
import { keepMemoryMark } from '../../../cluster/data-folder/memory-ends.ts'
import { systemClock } from '../../../shared/clock.ts'
import { MemoryWatch } from '../memory-watch.ts'
import type { RunningThread, ThreadContext } from './thread-context.ts'
import type { WorkerNews, WorkerTask } from './worker-messages.ts'

const standingMs = 1_000
const task = workerData as WorkerTask
const tell = (news: WorkerNews) => parentPort?.postMessage(news)
const bus = new LocalBus()
bus.join(task.bus)

if (task.memoryMark !== undefined) {
  keepMemoryMark({ ...task.memoryMark, clock: systemClock, rss: () => process.memoryUsage.rss() })
}

try {
  const running = await startPart({
    task,
    bus,
    clock: systemClock,
    chance: Math.random,
    notify: (notice) => tell({ type: 'notice', notice }),
  })
  tellUntilStopped(running)
} catch (error) {
  tell({ type: 'refused', message: error instanceof Error ? error.message : String(error) })
}

/** Each part is loaded only where it runs. */
async function startPart(context: ThreadContext): Promise<RunningThread> {
  switch (task.part) {
    case 'control':
      return (await import('./control-thread.ts')).startControlThread(context)
    case 'aggregator':
      return (await import('./aggregator-thread.ts')).startAggregatorThread(context)
    case 'link':
      return (await import('./link-thread.ts')).startLinkThread(context)
  }
}

function tellUntilStopped(running: RunningThread): void {
  const memory = new MemoryWatch({ clock: systemClock, thread: task.part })
  memory.start()
  const tellStanding = () => {
    const { troubles, ...standing } = running.standing()
    tell({ type: 'standing', standing: { ...standing, troubles: [...troubles, ...memory.standing().troubles] } })
  }
  tellStanding()
  const { control } = running
  tell({ type: 'ready', ...(control === undefined ? {} : { control }) })
  const timer = systemClock.every(standingMs, tellStanding)
  parentPort?.once('message', async () => {
    timer.cancel()
    memory.stop()
    await running.close()
    bus.close()
    tell({ type: 'stopped' })
    parentPort?.close()
  })
}
