// The key of a record in the request history. It is made of the record's own fields, so all copies of the history have
// the same order: pages of several aggregators can be merged, and a cursor is valid at each of them.

export interface HistoryKey {
  /** The time when the record's batch was stored. */
  atMs: number
  partition: number
  epoch: string
  sequence: number
}

export function compareKeys(a: HistoryKey, b: HistoryKey): number {
  if (a.atMs !== b.atMs) return a.atMs - b.atMs
  if (a.partition !== b.partition) return a.partition - b.partition
  if (a.epoch !== b.epoch) return a.epoch < b.epoch ? -1 : 1
  return a.sequence - b.sequence
}

export function showKey({ atMs, partition, epoch, sequence }: HistoryKey): string {
  return `${atMs.toString(36)}.${partition.toString(36)}.${epoch}.${sequence.toString(36)}`
}

const form = /^([0-9a-z]{1,11})\.([0-9a-z]{1,2})\.([0-9a-z-]{1,64})\.([0-9a-z]{1,11})$/

export function readKey(text: string): HistoryKey | undefined {
  const [, atMs, partition, epoch, sequence] = form.exec(text) ?? []
  if (atMs === undefined || partition === undefined || epoch === undefined || sequence === undefined) return undefined
  const number = (digits: string): number => Number.parseInt(digits, 36)
  return { atMs: number(atMs), partition: number(partition), epoch, sequence: number(sequence) }
}
