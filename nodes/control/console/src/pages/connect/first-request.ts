// Which request counts as "your first": with a key made on this page, the first one by that key; without, whatever arrives
// after the page began to look. Ids are compared, not times, because the two clocks need not agree.
import type { RequestRow } from '../../api/requests.ts'

export interface Watch {
  /** Id of the key that was created on this page. */
  keyId: string | undefined
  /** Requests that were there already; undefined until the first answer. */
  knownIds: ReadonlySet<string> | undefined
}

/** `rows` are newest first. */
export function firstRequest(rows: readonly RequestRow[], watch: Watch): RequestRow | undefined {
  if (watch.keyId !== undefined) return rows.findLast((row) => row.keyId === watch.keyId)
  const { knownIds } = watch
  return knownIds === undefined ? undefined : rows.findLast((row) => !knownIds.has(row.requestId))
}
