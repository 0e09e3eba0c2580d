// The threads of one process: started together, watched, stopped in reverse.
import { getHeapStatistics } from 'node:v8'
import type { LocalBus } from '../../../cluster/bus/local-bus.ts'
import { memoryMarkIn } from '../../../cluster/data-folder/memory-ends.ts'
import type { Chance, Clock } from '../../../shared/clock.ts'
import { consoleFolder } from '../build-console.ts'
import { processMemoryBytes } from '../heap-limit.ts'
import type { Run } from '../run.ts'
import { SupervisedWorker } from './supervised-worker.ts'
import type { ControlFacts, WorkerTask } from './worker-messages.ts'

export interface ThreadsOptions {
  readonly run: Pick<Run, 'options' | 'plan' | 'memory' | 'settings' | 'node' | 'folder' | 'notify'>
  readonly bus: LocalBus
  readonly clock: Clock
  readonly chance: Chance
}

export class Threads {
  readonly all: readonly SupervisedWorker[]

  constructor({ run, ...around }: ThreadsOptions) {
    const task = taskOf(run)
    const { notify } = run
    const limitBytes = memoryLimitBytes(run.settings.memoryBytesMax)
    const memoryMark = { path: memoryMarkIn(run.folder.path), limitBytes }
    this.all = run.plan.threads.map((part, index) => {
      const marks = index === 0 ? { memoryMark } : {}
      const heapMbMax = run.memory.threadHeapMbMax[part]
      return new SupervisedWorker({ ...around, notify, heapMbMax, task: { ...task, ...marks, part } })
    })
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

/** What a process has beside the heap of its main thread when that is full. */
const besideHeapBytes = 128 << 20

/** What the process takes when the heap of this thread is full, or what it may use at all where that is less. */
function memoryLimitBytes(said: number | undefined): number {
  return Math.min(getHeapStatistics().heap_size_limit + besideHeapBytes, processMemoryBytes(said))
}

function taskOf({ options, settings, node, folder }: ThreadsOptions['run']): Omit<WorkerTask, 'bus' | 'part'> {
  const { role, version, auto } = options
  const { path, configDir, files, masterKeys } = folder
  return { role, settings, node, version, auto, masterKeys, consoleFolder, folder: { path, configDir, files } }
}
