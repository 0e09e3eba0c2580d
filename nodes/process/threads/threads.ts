// The threads of one process: started together, watched, stopped in reverse.
import type { LocalBus } from '../../../cluster/bus/local-bus.ts'
import type { Chance, Clock } from '../../../shared/clock.ts'
import { consoleFolder } from '../build-console.ts'
import type { Run } from '../run-node.ts'
import { SupervisedWorker } from './supervised-worker.ts'
import type { ControlFacts, WorkerTask } from './worker.ts'

export interface ThreadsOptions {
  readonly run: Pick<Run, 'options' | 'plan' | 'settings' | 'node' | 'folder' | 'notify'>
  readonly bus: LocalBus
  readonly clock: Clock
  readonly chance: Chance
}

export class Threads {
  readonly all: readonly SupervisedWorker[]

  constructor({ run, ...around }: ThreadsOptions) {
    const { options, settings, node, notify } = run
    const { path, configDir, files, masterKey } = run.folder
    const { role, version, auto } = options
    const task: Omit<WorkerTask, 'bus' | 'part'> = {
      ...{ role, settings, node, version, auto, masterKey, consoleFolder },
      folder: { path, configDir, files },
    }
    this.all = run.plan.threads.map((part) => new SupervisedWorker({ ...around, notify, task: { ...task, part } }))
  }

  /** Rejects when one of them refuses; else what is to be told of the control node, where there is one. */
  async start(): Promise<ControlFacts | undefined> {
    const ready = await Promise.all(this.all.map((thread) => thread.start()))
    return ready.find(({ control }) => control !== undefined)?.control
  }

  async stop(): Promise<void> {
    for (const thread of [...this.all].reverse()) await thread.stop()
  }
}
