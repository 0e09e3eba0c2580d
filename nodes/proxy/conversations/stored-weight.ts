// What stored responses weigh in memory while a request continues them: they are charged like its own body, so that requests
// which continue the longest conversations cannot use up the heap.
import type { NoRoom } from '../errors/gateway-error.ts'
import type { ResponseStore } from './response-store.ts'

/** Charges bytes to the request. Returns why there is no room for them. */
export type Charge = (bytes: number) => NoRoom | undefined

/** The stored responses of an owner, as a request sees them. */
export interface StoredConversations {
  readonly store: ResponseStore
  readonly owner: string
  readonly charge: Charge
}

/** Items of a few bytes take so many times their bytes once they are parsed, as items and as messages. */
const weightPerByte = 12

export function storedWeight(bytes: number): number {
  return bytes * weightPerByte
}
