// A thread of a node that runs beside the data plane: it joins the bus of the process, starts its part, and tells the
// composing thread each second how that is.
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { LocalBus } from '../../../cluster/bus/local-bus.ts'
import type { DataFolder } from '../../../cluster/data-folder/data-folder.ts'
import { systemClock } from '../../../shared/clock.ts'
import type { Notice, Notify } from '../../../shared/notice.ts'
import type { Settings } from '../../../shared/settings.ts'
import type { NodeRole } from '../../../shared/telemetry/records.ts'
import type { Finding } from '../../control/discovery.ts'
import type { PartStanding } from '../node-standing.ts'
import type { ThreadPart } from '../roles.ts'

/** What the composing thread gives a worker. */
export interface WorkerTask {
  part: ThreadPart
  role: NodeRole
  settings: Settings
  node: string
  version: string
  folder: Pick<DataFolder, 'path' | 'configDir' | 'files'>
  masterKey: Uint8Array
  consoleFolder: string
  auto: boolean
  bus: MessagePort
}

export interface ControlFacts {
  port: number
  signInLink: string
  adminToken: string | undefined
  demoKey: string | undefined
  findings: readonly Finding[]
}

/** What a worker tells the composing thread. */
export type WorkerNews =
  | { type: 'notice'; notice: Notice }
  | { type: 'ready'; control?: ControlFacts }
  | { type: 'standing'; standing: PartStanding }
  | { type: 'refused'; message: string }
  | { type: 'stopped' }

export interface ThreadContext {
  readonly task: WorkerTask
  /** Of this process. */
  readonly bus: LocalBus
  readonly notify: Notify
}

export interface RunningThread {
  readonly control?: ControlFacts
  standing(): PartStanding
  close(): Promise<void> | void
}

const standingMs = 1_000
const task = workerData as WorkerTask
const parent = parentPort!
const tell = (news: WorkerNews) => parent.postMessage(news)
const bus = new LocalBus()
bus.join(task.bus)

try {
  const running = await startPart({ task, bus, notify: (notice) => tell({ type: 'notice', notice }) })
  const tellStanding = () => tell({ type: 'standing', standing: running.standing() })
  tellStanding()
  const { control } = running
  tell({ type: 'ready', ...(control === undefined ? {} : { control }) })
  const timer = systemClock.every(standingMs, tellStanding)
  parent.once('message', async () => {
    timer.cancel()
    await running.close()
    bus.close()
    tell({ type: 'stopped' })
    parent.close()
  })
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
