// Runs jobs in a few processes. They begin when they are needed; owners take turns, and no team has all of them for long.
import type { Clock } from '../../../shared/clock.ts'
import type { Notify } from '../../../shared/notice.ts'
import { fail, type Result } from '../../../shared/result.ts'
import { FairQueue } from './fair-queue.ts'
import { lengthOf } from './frames.ts'
import type { AskedJob, Job, JobFailure, JobOutcome, JobOwner, Jobs, RunningJob } from './job.ts'
import { JobDesk, type OpenJobProcess, retryAfterMs, type WaitingJob } from './job-desk.ts'

export interface JobPoolOptions {
  readonly open: OpenJobProcess
  readonly processesMax: number
  readonly clock: Clock
  readonly notify: Notify
}

/** Jobs that wait, in all and of one key. The bodies that they wait with have a budget of their own. */
const jobsWaitingMax = 256
const jobsOfKeyWaitingMax = 64
/** A job on a body up to this size is short: whoever waits for its end hardly notices. */
const shortJobBytesMax = 4 << 20

export class JobPool implements Jobs {
  readonly #desks: JobDesk[] = []
  readonly #options: JobPoolOptions
  readonly #queue = new FairQueue<WaitingJob>({ itemsMax: jobsWaitingMax, itemsOfKeyMax: jobsOfKeyWaitingMax })
  #isClosed = false

  constructor(options: JobPoolOptions) {
    this.#options = options
  }

  run<Head, Told>({ name }: Job<Head, Told>, asked: AskedJob<Head>): RunningJob<Told> {
    const { head, bodies, owner, hold, isPaid } = asked
    if (this.#isClosed || (isPaid !== true && !this.#queue.hasRoom(owner))) return refused
    const { promise, resolve } = Promise.withResolvers<Result<JobOutcome<unknown>, JobFailure>>()
    let isCancelled = false
    const settle = (result: Result<JobOutcome<unknown>, JobFailure>) => {
      if (!isCancelled) resolve(result)
    }
    const cost = bodies.reduce((sum, pieces) => sum + lengthOf(pieces), 0)
    const job: WaitingJob = { question: { job: name, head }, bodies, owner, cost, hold, settle }
    this.#queue.add(job, owner, cost)
    this.#startNext()
    return {
      result: promise as RunningJob<Told>['result'],
      cancel: () => {
        isCancelled = true
        this.#queue.remove(job, owner)
      },
    }
  }

  /** Ends all processes. What was not done by then never is. */
  close(): void {
    this.#isClosed = true
    for (const desk of this.#desks) desk.close()
  }

  #startNext(): void {
    for (;;) {
      const desk = this.#freeDesk()
      const job = desk === undefined ? undefined : this.#queue.take((owner, cost) => this.#mayHave(owner, cost))
      if (desk === undefined || job === undefined) return
      desk.begin(job)
    }
  }

  #freeDesk(): JobDesk | undefined {
    const free = this.#desks.find(({ job }) => job === undefined)
    if (free !== undefined || this.#desks.length >= this.#options.processesMax) return free
    const { open, clock, notify } = this.#options
    const desk = new JobDesk({ open, clock, notify, onFree: () => this.#startNext() })
    this.#desks.push(desk)
    return desk
  }

  /** Whether one more job of the owner may begin. One process is left for the other teams, unless the job is short. */
  #mayHave({ team }: JobOwner, cost: number): boolean {
    if (cost <= shortJobBytesMax) return true
    const running = this.#desks.filter(({ job }) => job?.owner.team === team).length
    return running < Math.max(1, this.#options.processesMax - 1)
  }
}

const refused: RunningJob<never> = {
  result: Promise.resolve(fail({ type: 'too-busy', retryAfterMs })),
  cancel: () => {},
}
