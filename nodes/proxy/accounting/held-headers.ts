// What an answer tells its caller of the holds of the request.
import type { HeaderLines } from '../http/http.ts'
import type { Hold } from './outcome.ts'

/** The headers of the first hold that has any; undefined without one. */
export function heldHeaders(holds: readonly Hold[]): HeaderLines | undefined {
  for (const hold of holds) {
    const headers = hold.headers?.()
    if (headers !== undefined && headers.length > 0) return headers
  }
  return undefined
}
