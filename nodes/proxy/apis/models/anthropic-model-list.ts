// `GET /v1/models` as Anthropic's SDK reads it.
import type { KnownListing } from './known-listing.ts'

interface AnthropicListing {
  readonly type: 'model'
  readonly id: string
  readonly display_name: string
  /** The release date (RFC 3339); the epoch when unknown. */
  readonly created_at: string
}

export function anthropicModelList(known: readonly KnownListing[]): object {
  const data = known.map(anthropicModelListing)
  return { data, has_more: false, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null }
}

export function anthropicModelListing({ name, releasedAt = 0 }: KnownListing): AnthropicListing {
  const created_at = new Date(releasedAt * 1_000).toISOString().replace('.000Z', 'Z')
  return { type: 'model', id: name, display_name: name, created_at }
}
