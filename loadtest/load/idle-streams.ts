// Streams that are opened and left alone, to weigh what an open stream costs.
import type { FinishIdleJob, IdleResult, OpenIdleJob } from './jobs.ts'
import { Lane } from './lane.ts'
import { renderRequest } from './request.ts'

// Every listen backlog accepts this many concurrent connects.
const connectsAtOnce = 100

export class IdleStreams {
  readonly #lanes: Lane[] = []
  #dropped = 0
  #completed = 0

  async open(job: OpenIdleJob): Promise<IdleResult> {
    const target = { port: job.target.port, request: renderRequest(job.target) }
    for (let opened = 0; opened < job.connections; opened += connectsAtOnce) {
      const size = Math.min(connectsAtOnce, job.connections - opened)
      await Promise.all(Array.from({ length: size }, () => this.#openOne(target, job.readers)))
    }
    return this.#result()
  }

  async finish(job: FinishIdleJob): Promise<IdleResult> {
    let open = this.#open()
    let changedMs = performance.now()
    while (open > 0 && performance.now() - changedMs < job.quietMs) {
      await new Promise((resolve) => setTimeout(resolve, 20))
      if (this.#open() < open) changedMs = performance.now()
      open = this.#open()
    }
    const result = { ...this.#result(), dropped: this.#dropped + this.#open() }
    for (const lane of this.#lanes) lane.close()
    this.#lanes.length = 0
    this.#dropped = 0
    this.#completed = 0
    return result
  }

  /** Resolves when the first chunk came, or when there will be none. */
  async #openOne(target: { port: number; request: Buffer }, readers: OpenIdleJob['readers']): Promise<void> {
    const first = Promise.withResolvers<void>()
    const lane = new Lane(target, (ended, end) => {
      if (end === 'answered' && ended.status === 200 && ended.doneSeen) this.#completed++
      else this.#dropped++
      first.resolve()
    })
    lane.onBody = () => {
      lane.onBody = undefined
      if (readers === 'stopped') lane.pause()
      first.resolve()
    }
    this.#lanes.push(lane)
    await lane.open()
    lane.send()
    await first.promise
  }

  #open(): number {
    return this.#lanes.length - this.#dropped - this.#completed
  }

  #result(): IdleResult {
    return { open: this.#open(), dropped: this.#dropped, completed: this.#completed }
  }
}
