// The key of a money event in lists. It is made of the event's own fields, so all copies of the ledger have the same order: pages of
// several aggregators can be merged, and a cursor is valid at each of them.

export interface LedgerKey {
  /** The time of the request. */
  readonly atMs: number
  readonly partition: number
  readonly requestId: string
  readonly attempt: number
  readonly kind: number
  /** The place of the event in its copy, where all else is the same. */
  readonly sequence: number
}

export function compareLedgerKeys(a: LedgerKey, b: LedgerKey): number {
  if (a.atMs !== b.atMs) return a.atMs - b.atMs
  if (a.partition !== b.partition) return a.partition - b.partition
  if (a.requestId !== b.requestId) return a.requestId < b.requestId ? -1 : 1
  if (a.attempt !== b.attempt) return a.attempt - b.attempt
  return a.kind === b.kind ? a.sequence - b.sequence : a.kind - b.kind
}

export function showLedgerKey({ atMs, partition, requestId, attempt, kind, sequence }: LedgerKey): string {
  return Buffer.from(JSON.stringify([atMs, partition, attempt, kind, sequence, requestId])).toString('base64url')
}

/** Undefined for a text that is no key. */
export function readLedgerKey(text: string): LedgerKey | undefined {
  const parts = jsonOf(Buffer.from(text, 'base64url').toString('utf8'))
  if (!Array.isArray(parts) || parts.length !== 6) return undefined
  const [atMs, partition, attempt, kind, sequence, requestId] = parts as unknown[]
  if (typeof requestId !== 'string') return undefined
  if (![atMs, partition, attempt, kind, sequence].every((part) => Number.isSafeInteger(part))) return undefined
  return { atMs, partition, attempt, kind, sequence, requestId } as LedgerKey
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
