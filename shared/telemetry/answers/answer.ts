// What an answer to a query can be: a JSON body, or a problem with the question, which the admin API shows as 422.
import { fail, type Result } from '../../result.ts'

export interface Problem {
  problem: string
  /** The parameter that is wrong. */
  path: string
}

export type MergedAnswer<Body> = Result<Body, Problem>

export function problem(path: string, message: string): { readonly ok: false; readonly error: Problem } {
  return fail({ problem: message, path })
}
