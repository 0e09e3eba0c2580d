// The one table that turns the model's refusals into HTTP.
import type { Problem as ModelProblem } from '../../../shared/config/problem.ts'
import type { Refusal } from '../../../shared/config/refusal.ts'
import { fail, type Result } from '../../../shared/result.ts'
import type { Problem, ProblemItem } from '../http/answer.ts'
import { problems } from '../http/problems.ts'

export function refusalProblem(refusal: Refusal): Problem {
  switch (refusal.type) {
    case 'invalid':
      return problems.invalid(refusal.problems.map(item))
    case 'unsupported':
      return problems.notEnforced(refusal.problems.map(item))
    case 'not-found':
      return problems.notFound(`There is no ${refusal.what}.`)
    case 'precondition-failed':
      return {
        status: 412,
        code: 'precondition-failed',
        title: 'If-Match does not hold',
        detail:
          refusal.current === undefined
            ? 'There is no such resource.'
            : `Somebody changed it meanwhile: it is at revision ${refusal.current} now. Read it again and decide anew.`,
        ...(refusal.current === undefined ? {} : { headers: { etag: `"${refusal.current}"` } }),
      }
    case 'conflict':
      return { status: 409, code: 'conflict', title: 'There is one already', detail: refusal.message }
  }
}

/** Turns the refusal of a decision into a problem, as the `decide` of a write needs it. */
export function withProblem<Value>(decision: Result<Value, Refusal>): Result<Value, Problem> {
  return decision.ok ? decision : fail(refusalProblem(decision.error))
}

function item({ path, message, line, column }: ModelProblem): ProblemItem {
  return { path, message, ...(line === undefined ? {} : { line }), ...(column === undefined ? {} : { column }) }
}
