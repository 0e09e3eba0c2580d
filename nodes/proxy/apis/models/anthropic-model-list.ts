// `GET /v1/models` as Anthropic's SDK reads it.
import { type Caller, mayUse } from '../../auth/callers.ts'
import type { Snapshot } from '../../snapshot/snapshot.ts'

interface AnthropicListing {
  readonly type: 'model'
  readonly id: string
  readonly display_name: string
  /** RFC 3339. The beginning of time: nobody told. */
  readonly created_at: string
}

export function anthropicModelList(snapshot: Snapshot, caller: Caller): object {
  const data = snapshot.modelNames
    .filter((name) => mayUse(caller, name))
    .map((name) => anthropicModelListing(snapshot, name))
  return { data, has_more: false, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null }
}

export function anthropicModelListing(snapshot: Snapshot, name: string): AnthropicListing {
  const releasedAt = snapshot.routeOf(name)?.targets[0]?.target.releasedAt ?? 0
  const created_at = new Date(releasedAt * 1_000).toISOString().replace('.000Z', 'Z')
  return { type: 'model', id: name, display_name: name, created_at }
}
