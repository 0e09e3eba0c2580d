// The answer to a query: a JSON body, or a problem with the query, which the admin API answers with 422.
import { fail, type Result } from '../../result.ts'

export interface Problem {
  problem: string
  /** The query parameter that is wrong. */
  path: string
}

export type MergedAnswer<Body> = Result<Body, Problem>

export function problem(path: string, message: string): { readonly ok: false; readonly error: Problem } {
  return fail({ problem: message, path })
}
