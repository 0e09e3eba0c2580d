// One process of the pool, and the job that it does. The process begins with its first job, ends when it has had none for a while, and
// is replaced when it ends by itself: then only its job fails.
import type { Clock, Timer } from '../../../shared/clock.ts'
import type { Notify } from '../../../shared/notice.ts'
import { done, fail, type Result } from '../../../shared/result.ts'
import type { BytesHold, JobFailure, JobOutcome, JobOwner } from './job.ts'
import type { JobQuestion, JobReply } from './serve-jobs.ts'

export type AnsweredReply = Exclude<JobReply, { type: 'ready' }>

/** A job that somebody waits for. */
export interface WaitingJob {
  readonly question: JobQuestion
  readonly bodies: readonly (readonly Uint8Array[])[]
  readonly owner: JobOwner
  /** The bytes of the bodies. */
  readonly cost: number
  readonly hold: BytesHold | undefined
  settle(result: Result<JobOutcome<unknown>, JobFailure>): void
}

export interface JobProcess {
  /** `onSent` is called when the bytes are not needed any more; not after the end of the process. */
  send(question: JobQuestion, bodies: WaitingJob['bodies'], onSent: () => void): void
  /** Lets the process end. */
  close(): void
  /** Ends the process, whatever it does. */
  kill(): void
}

export interface JobProcessEvents {
  onReply(reply: AnsweredReply, bodies: JobOutcome<unknown>['bodies']): void
  /** Called once, when the process has ended. `wasReady` is false for one that could not begin. `why` is for the operator. */
  onEnd(why: string, wasReady: boolean): void
}

export type OpenJobProcess = (events: JobProcessEvents) => JobProcess

export interface JobDeskOptions {
  readonly open: OpenJobProcess
  readonly clock: Clock
  readonly notify: Notify
  /** Called when the desk can take another job. */
  onFree(): void
}

/** A process that has had no job for so long ends, and gives its memory back. */
export const idleMs = 30_000
/** The time that one job may take. The largest take some seconds; a machine may have others to run. */
export const jobMsMax = 60_000
/** When somebody whose job was not begun may try again. */
export const retryAfterMs = 1_000

export class JobDesk {
  readonly #options: JobDeskOptions
  #process: JobProcess | undefined
  #job: WaitingJob | undefined
  #isSent = true
  #timer: Timer | undefined

  constructor(options: JobDeskOptions) {
    this.#options = options
  }

  /** The job that is done now. */
  get job(): WaitingJob | undefined {
    return this.#job
  }

  begin(job: WaitingJob): void {
    this.#job = job
    this.#isSent = false
    job.hold?.sending()
    this.#timer?.cancel()
    this.#timer = this.#options.clock.after(jobMsMax, () => this.#onLate())
    const process = this.#process ?? this.#open()
    process.send(job.question, job.bodies, () => this.#sent(job))
  }

  close(): void {
    this.#timer?.cancel()
    this.#process?.kill()
  }

  #open(): JobProcess {
    const process: JobProcess = this.#options.open({
      onReply: (reply, bodies) => this.#onReply(reply, bodies),
      onEnd: (why, wasReady) => {
        if (this.#process === process) this.#onEnd(why, wasReady)
      },
    })
    this.#process = process
    return process
  }

  #sent(job: WaitingJob): void {
    if (this.#job !== job || this.#isSent) return
    this.#isSent = true
    job.hold?.sent()
  }

  #onReply(reply: AnsweredReply, bodies: JobOutcome<unknown>['bodies']): void {
    const job = this.#job
    if (job === undefined) return
    this.#end(job)
    this.#timer = this.#options.clock.after(idleMs, () => this.#leave())
    job.settle(this.#resultOf(reply, bodies))
    this.#options.onFree()
  }

  #resultOf(reply: AnsweredReply, bodies: JobOutcome<unknown>['bodies']): Result<JobOutcome<unknown>, JobFailure> {
    switch (reply.type) {
      case 'done':
        return done({ told: reply.told, bodies })
      case 'too-complex':
        return fail(reply)
      case 'threw':
        this.#options.notify({ type: 'handler-threw', where: 'a job on a large body', message: reply.message })
        return fail({ type: 'internal' })
    }
  }

  #onEnd(why: string, wasReady: boolean): void {
    this.#process = undefined
    const job = this.#job
    if (job === undefined) return
    this.#end(job)
    const { cost, question } = job
    const what = wasReady ? 'ended in the middle of a job' : 'could not begin'
    const message = `a process for large bodies ${what} (${question.job}, ${cost} bytes): ${why}; its request fails`
    this.#options.notify({ type: 'warning', message })
    job.settle(fail(wasReady ? { type: 'too-complex' } : { type: 'too-busy', retryAfterMs }))
    this.#options.onFree()
  }

  #end(job: WaitingJob): void {
    this.#timer?.cancel()
    this.#sent(job)
    this.#job = undefined
  }

  /** Ends a process whose job takes too long. */
  #onLate(): void {
    const process = this.#process
    this.#onEnd(`it took more than ${jobMsMax / 1_000} s`, true)
    process?.kill()
  }

  #leave(): void {
    this.#process?.close()
    this.#process = undefined
  }
}
