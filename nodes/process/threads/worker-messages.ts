// What the composing thread gives a worker, and what the worker tells it.
import type { MessagePort } from 'node:worker_threads'
import type { DataFolder } from '../../../cluster/data-folder/data-folder.ts'
import type { MemoryMarkOptions } from '../../../cluster/data-folder/memory-ends.ts'
import type { MasterKeys } from '../../../cluster/secrets/master-keys.ts'
import type { Notice } from '../../../shared/notice.ts'
import type { Settings } from '../../../shared/settings.ts'
import type { NodeRole } from '../../../shared/telemetry/records.ts'
import type { Finding } from '../../control/discovery.ts'
import type { PartStanding } from '../part-standing.ts'
import type { ThreadPart } from '../roles.ts'

export interface WorkerTask {
  part: ThreadPart
  role: NodeRole
  settings: Settings
  node: string
  version: string
  folder: Pick<DataFolder, 'path' | 'configDir' | 'files'>
  masterKeys: MasterKeys
  consoleFolder: string
  auto: boolean
  bus: MessagePort
  /** Set for one thread of the process, which keeps the mark (`memory-ends.ts`). */
  memoryMark?: Pick<MemoryMarkOptions, 'path' | 'limitBytes'> | undefined
}

export type WorkerNews =
  | { type: 'notice'; notice: Notice }
  | { type: 'ready'; control?: ControlFacts }
  | { type: 'standing'; standing: PartStanding }
  | { type: 'refused'; message: string }
  | { type: 'stopped' }

export interface ControlFacts {
  port: number
  signInLink: string
  adminToken: string | undefined
  demoKey: string | undefined
  findings: readonly Finding[]
}
