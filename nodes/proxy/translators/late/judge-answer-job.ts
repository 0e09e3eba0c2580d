// What is told of a large answer whose bytes pass through, as a job: the bytes stay here, and go to another process as well.
import { done, type Result } from '../../../../shared/result.ts'
import type { Job, JobFailure, JobOwner, Jobs } from '../../large/job.ts'
import { operationNamed } from '../../operations/named-operation.ts'
import { type PassedAnswer, passedAnswer } from '../passed-answer.ts'
import type { ChargedBeside } from '../reported-usage.ts'
import type { LateAnswer, WholeAnswer } from '../translator.ts'

export interface JudgeHead {
  /** The name of the operation. */
  readonly operation: string
  readonly price: ChargedBeside | undefined
}

export const judgeAnswerJob: Job<JudgeHead, PassedAnswer | undefined> = {
  name: 'judge an answer',
  run: ({ operation, price }, [bytes = Buffer.alloc(0)]) => ({
    told: passedAnswer(operationNamed(operation), bytes, price),
    bodies: [],
  }),
}

export interface JudgedAnswer {
  readonly pieces: readonly Buffer[]
  readonly contentType: string
  readonly head: JudgeHead
  readonly owner: JobOwner
}

/** Where nothing can be told the answer goes on all the same, because it is paid for: `unknown` is told of it then. */
export function judgeLater(
  jobs: Jobs,
  { pieces, contentType, head, owner }: JudgedAnswer,
  unknown: PassedAnswer,
): LateAnswer {
  const running = jobs.run(judgeAnswerJob, { head, bodies: [pieces], owner, isPaid: true })
  const result = running.result.then((outcome): Result<WholeAnswer | undefined, JobFailure> => {
    const told = outcome.ok ? outcome.value.told : unknown
    if (told === undefined) return done(undefined)
    const { usage, textBytes, units = unknown.units } = told
    return done({ body: Buffer.concat(pieces), contentType, usage, textBytes, units })
  })
  return { result, cancel: () => running.cancel() }
}
