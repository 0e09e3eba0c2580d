// Keeps a worker thread running: when it dies, the data path goes on and the thread is started again, with growing pauses.
import { MessageChannel, Worker } from 'node:worker_threads'
import type { LocalBus } from '../cluster/bus/local-bus.ts'
import type { Clock } from '../shared/clock.ts'
import type { Notify } from '../shared/notice.ts'
import type { WorkerNews, WorkerTask } from './worker.ts'

export type Ready = Extract<WorkerNews, { type: 'ready' }>

const pauseMsMin = 250
const pauseMsMax = 10_000
/** A thread that held this long was well: the next pause is short again. */
const wellAfterMs = 60_000

export class SupervisedWorker {
  readonly #task: Omit<WorkerTask, 'bus'>
  readonly #bus: LocalBus
  readonly #clock: Clock
  readonly #notify: Notify
  #worker: Worker | undefined
  #stopping = false
  #pauseMs = pauseMsMin

  constructor(options: { task: Omit<WorkerTask, 'bus'>; bus: LocalBus; clock: Clock; notify: Notify }) {
    this.#task = options.task
    this.#bus = options.bus
    this.#clock = options.clock
    this.#notify = options.notify
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

  #run(): Promise<Ready> {
    const { port1, port2 } = new MessageChannel()
    this.#bus.admit(port1)
    const workerData: WorkerTask = { ...this.#task, bus: port2 }
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData,
      transferList: [port2],
      name: this.#task.part,
    })
    this.#worker = worker
    const startedMs = this.#clock.monotonicMs()
    return new Promise((resolve, reject) => {
      worker.on('message', (news: WorkerNews) => {
        if (news.type === 'notice') this.#notify(news.notice)
        else if (news.type === 'ready') resolve(news)
        else if (news.type === 'refused') {
          reject(new Error(news.message))
          void worker.terminate()
        }
      })
      worker.on('error', (error) => {
        this.#notify({ type: 'handler-threw', where: this.#task.part, message: error.message })
        reject(error)
      })
      worker.on('exit', () => {
        port1.close()
        if (this.#worker === worker) this.#worker = undefined
        if (!this.#stopping) this.#restartLater(startedMs)
      })
    })
  }

  #restartLater(startedMs: number): void {
    if (this.#clock.monotonicMs() - startedMs > wellAfterMs) this.#pauseMs = pauseMsMin
    this.#clock.after(this.#pauseMs, () => {
      if (this.#stopping) return
      this.#run().catch((error: unknown) => {
        const message = error instanceof Error ? error.message : String(error)
        this.#notify({ type: 'warning', message: `${this.#task.part} could not be restarted: ${message}` })
      })
    })
    this.#pauseMs = Math.min(pauseMsMax, this.#pauseMs * 2)
  }
}
