// Keeps a worker thread running: when it dies, the data path goes on and the thread is started again, with growing pauses
// that chance spreads, so that many nodes do not come back in step.
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
import type { LocalBus } from '../../../cluster/bus/local-bus.ts'
import type { Chance, Clock } from '../../../shared/clock.ts'
import type { Notify } from '../../../shared/notice.ts'
import type { Trouble } from '../../../shared/readiness.ts'
import type { PartStanding } from '../part-standing.ts'
import type { ThreadPart } from '../roles.ts'
import type { WorkerNews, WorkerTask } from './worker-messages.ts'

export type Ready = Extract<WorkerNews, { type: 'ready' }>

export interface SupervisedWorkerOptions {
  readonly task: Omit<WorkerTask, 'bus'>
  readonly bus: LocalBus
  readonly clock: Clock
  readonly chance: Chance
  readonly notify: Notify
  /** The limit of the thread's old heap. Default: V8's own. */
  readonly heapMbMax?: number
  /** The script of the thread. Default: `worker.ts`. */
  readonly script?: URL
}

const pauseMsMin = 250
const pauseMsMax = 10_000
/** A thread that held this long was well: the next pause is short again. */
const wellAfterMs = 60_000

/** The young heap of each thread, for objects that live for a moment. The default of up to 48 MB is more than they need. */
const youngHeapMbMax: Record<ThreadPart, number> = { control: 2, aggregator: 16, link: 4 }

export class SupervisedWorker {
  readonly part: ThreadPart
  readonly #options: SupervisedWorkerOptions
  #worker: Worker | undefined
  #stopping = false
  #pauseMs = pauseMsMin
  #told: PartStanding = { troubles: [] }
  #awaySinceMs: number | undefined
  /** Failures since the worker was last well. */
  #failures = 0
  restarts = 0

  constructor(options: SupervisedWorkerOptions) {
    this.#options = options
    this.part = options.task.part
  }

  /** Rejects when the first start is refused: then the whole start is. */
  async start(): Promise<Ready> {
    return this.#run()
  }

  async stop(): Promise<void> {
    this.#stopping = true
    const worker = this.#worker
    if (worker === undefined) return
    const gone = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
    worker.postMessage('stop')
    await gone
  }

  /** The standing that the part told last, or the trouble that its thread has ended. */
  standing(): PartStanding {
    const away = this.#awayFor()
    if (away === undefined) return this.#told
    const often = this.#failures >= 3 ? `, ${this.#failures} times in a row` : ''
    return {
      troubles: [{ level: 'degraded', reason: `the thread ${this.part} ended${often}; it is started again`, ...away }],
    }
  }

  #awayFor(): Pick<Trouble, 'forMs'> | undefined {
    if (this.#awaySinceMs === undefined) return undefined
    return { forMs: this.#options.clock.monotonicMs() - this.#awaySinceMs }
  }

  #run(): Promise<Ready> {
    const { clock, notify } = this.#options
    const { worker, port } = this.#spawn()
    this.#worker = worker
    const startedMs = clock.monotonicMs()
    return new Promise((resolve, reject) => {
      worker.on('message', (news: WorkerNews) => this.#hear(news, worker, { resolve, reject }))
      worker.on('error', (error) => {
        notify({ type: 'handler-threw', where: this.part, message: error.message })
        reject(error)
      })
      worker.on('exit', () => {
        port.close()
        if (this.#worker === worker) this.#worker = undefined
        if (!this.#stopping) this.#restartLater(startedMs)
      })
    })
  }

  #spawn(): { worker: Worker; port: MessagePort } {
    const { bus, task, heapMbMax, script = new URL('./worker.ts', import.meta.url) } = this.#options
    const { port1, port2 } = new MessageChannel()
    bus.admit(port1)
    const workerData: WorkerTask = { ...task, bus: port2 }
    const young = { maxYoungGenerationSizeMb: youngHeapMbMax[this.part] }
    const resourceLimits = heapMbMax === undefined ? young : { ...young, maxOldGenerationSizeMb: heapMbMax }
    const worker = new Worker(script, { workerData, transferList: [port2], name: this.part, resourceLimits })
    return { worker, port: port1 }
  }

  #hear(news: WorkerNews, worker: Worker, first: Pick<PromiseWithResolvers<Ready>, 'resolve' | 'reject'>): void {
    switch (news.type) {
      case 'notice':
        return this.#options.notify(news.notice)
      case 'standing':
        this.#told = news.standing
        return
      case 'ready':
        this.#awaySinceMs = undefined
        return first.resolve(news)
      case 'refused':
        first.reject(new Error(news.message))
        return void worker.terminate()
      case 'stopped':
        return
    }
  }

  #restartLater(startedMs: number): void {
    const { clock, chance, notify } = this.#options
    const nowMs = clock.monotonicMs()
    if (nowMs - startedMs > wellAfterMs) {
      this.#pauseMs = pauseMsMin
      this.#failures = 0
    }
    this.#failures++
    this.#awaySinceMs ??= nowMs
    this.#told = { troubles: [] }
    clock.after(this.#pauseMs * (0.5 + 0.5 * chance()), () => {
      if (this.#stopping) return
      this.restarts++
      this.#run().catch((error: unknown) => {
        const message = error instanceof Error ? error.message : String(error)
        notify({ type: 'warning', message: `${this.part} could not be restarted: ${message}` })
      })
    })
    this.#pauseMs = Math.min(pauseMsMax, this.#pauseMs * 2)
  }
}
