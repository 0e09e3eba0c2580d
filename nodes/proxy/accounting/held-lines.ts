// What an answer tells its caller of the holds of the request.
import type { CheckedLines } from '../http/checked-lines.ts'
import type { Hold } from './outcome.ts'

/** The headers of the first hold that has any; undefined without one. */
export function heldLines(holds: readonly Hold[]): CheckedLines | undefined {
  for (const hold of holds) {
    const lines = hold.lines?.()
    if (lines !== undefined && lines !== '') return lines
  }
  return undefined
}
