// Records by which a batch is settled: what all of its requests of one model cost together. One is booked once, whoever sends it again.
import type { RequestRecord } from './records.ts'

/** Stands as the route of such a record. */
export const settledBatchRoute = 'batch'

export function isSettledBatch({ route }: Pick<RequestRecord, 'route'>): boolean {
  return route === settledBatchRoute
}
