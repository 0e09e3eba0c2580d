// The thread of a node that runs beside the proxy: it joins the bus of the process and starts its part.
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { LocalBus } from '../cluster/bus/local-bus.ts'
import type { DataFolder } from '../cluster/data-folder/data-folder.ts'
import { systemClock } from '../shared/clock.ts'
import type { Notice } from '../shared/notice.ts'
import type { Settings } from '../shared/settings.ts'
import type { Finding } from './control/discovery.ts'

/** What the composing thread gives a worker. */
export interface WorkerTask {
  part: 'control' | 'aggregator'
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
  | { type: 'refused'; message: string }
  | { type: 'stopped' }

const task = workerData as WorkerTask
const parent = parentPort!
const tell = (news: WorkerNews) => parent.postMessage(news)
const notify = (notice: Notice) => tell({ type: 'notice', notice })
const bus = new LocalBus()
bus.join(task.bus)

try {
  const stop = task.part === 'control' ? await startControlPart() : await startAggregatorPart()
  parent.once('message', async () => {
    await stop()
    bus.close()
    tell({ type: 'stopped' })
    parent.close()
  })
} catch (error) {
  tell({ type: 'refused', message: error instanceof Error ? error.message : String(error) })
}

async function startAggregatorPart(): Promise<() => void> {
  const { startAggregator } = await import('./aggregator/main.ts')
  const aggregator = startAggregator({ dataDir: task.folder.path, bus, clock: systemClock, notify, node: task.node })
  tell({ type: 'ready' })
  return () => aggregator.close()
}

async function startControlPart(): Promise<() => Promise<void>> {
  const { startControl } = await import('./control/main.ts')
  const { settings, folder, masterKey, consoleFolder, auto, node, version } = task
  const control = await startControl({
    ...{ settings, folder, masterKey, consoleFolder, auto, bus, notify },
    clock: systemClock,
    node: { name: node, version, role: 'all' },
    awaitAppliedBy: node,
  })
  const { port, demoKey, findings } = control
  const adminToken = control.adminTokenGenerated
  tell({ type: 'ready', control: { port, demoKey, findings, adminToken, signInLink: control.signInLink() } })
  return () => control.close()
}
