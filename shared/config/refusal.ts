// Why a command changes nothing. One table at the rim turns these into HTTP: 422, 501, 404, 412, 409.
import type { Problem } from './problem.ts'

export type Refusal =
  /** A list with at least one mistake; unsupported parts may stand among them. */
  | { type: 'invalid'; problems: Problem[] }
  /** Nothing is wrong but that this version does not enforce it yet. */
  | { type: 'unsupported'; problems: Problem[] }
  | { type: 'not-found'; what: string }
  /** `current` is the resource's revision, undefined when there is no such resource. */
  | { type: 'precondition-failed'; current: number | undefined }
  | { type: 'conflict'; message: string }

const problemsMax = 1_000

export function refusalOf(problems: readonly Problem[]): Refusal {
  const shown = problems.slice(0, problemsMax)
  const type = problems.every((problem) => problem.kind === 'unsupported') ? 'unsupported' : 'invalid'
  return { type, problems: shown }
}
