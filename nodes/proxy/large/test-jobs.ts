// Jobs for tests: run in this process, over copies that crossed a pipe as far as anybody can tell.
import { deserialize, serialize } from 'node:v8'
import { done, fail, type Result } from '../../../shared/result.ts'
import type { AskedJob, Job, JobFailure, JobOutcome, Jobs, RunningJob } from './job.ts'

export class InlineJobs implements Jobs {
  /** The names of the jobs that ran. */
  readonly ran: string[] = []
  /** The failure of every job; undefined lets them run. */
  failure: JobFailure | undefined
  /** Called before each job; a test may wait in it. */
  before: () => Promise<void> = () => Promise.resolve()

  run<Head, Told>(job: Job<Head, Told>, asked: AskedJob<Head>): RunningJob<Told> {
    let isCancelled = false
    const { promise, resolve } = Promise.withResolvers<Result<JobOutcome<Told>, JobFailure>>()
    void this.before().then(() => {
      if (isCancelled) return
      this.ran.push(job.name)
      resolve(this.failure === undefined ? done(ranOnCopies(job, asked)) : fail(this.failure))
    })
    return {
      result: promise,
      cancel: () => {
        isCancelled = true
      },
    }
  }
}

function ranOnCopies<Head, Told>(job: Job<Head, Told>, { head, bodies, hold }: AskedJob<Head>): JobOutcome<Told> {
  hold?.sending()
  const copies = bodies.map((pieces) => Buffer.concat(pieces))
  hold?.sent()
  const { told, bodies: given } = job.run(copied(head), copies)
  return { told: copied(told), bodies: given.map((body) => [Buffer.from(body)]) }
}

function copied<Value>(value: Value): Value {
  return deserialize(serialize(value)) as Value
}
