// `GET /v1/models`: what this caller may call, in OpenAI's shape, with what is known of each model beside it.
import type { Price } from '../../../../shared/models/price.ts'
import type { KnownListing } from './known-listing.ts'

interface Listing {
  readonly id: string
  readonly object: 'model'
  /** The release date of the first target's model, in seconds since the epoch; 0 when unknown. */
  readonly created: number
  readonly owned_by: string
  readonly context_window?: number
  readonly max_output_tokens?: number
  /** The price of the first target. Null: it has no price, and what its requests cost is not known. */
  readonly pricing: Pricing | null
}

/** USD per million tokens. */
interface Pricing {
  readonly input: number
  readonly output: number
  readonly cached_input: number
  /** `configured`, or where the list price comes from and of when it is. */
  readonly source: string
}

export function modelList(known: readonly KnownListing[]): { object: 'list'; data: Listing[] } {
  return { object: 'list', data: known.map(modelListing) }
}

export function modelListing({ name, provider, facts, price, releasedAt }: KnownListing): Listing {
  const { contextTokensMax, outputTokensMax } = facts ?? {}
  return {
    id: name,
    object: 'model',
    created: releasedAt ?? 0,
    owned_by: provider ?? 'headgate',
    ...(contextTokensMax === undefined ? {} : { context_window: contextTokensMax }),
    ...(outputTokensMax === undefined ? {} : { max_output_tokens: outputTokensMax }),
    pricing: price === undefined ? null : pricingOf(price),
  }
}

function pricingOf({ input, output, cached, from }: Price): Pricing {
  const usd = (picoPerToken: number) => picoPerToken / 1e6
  return {
    input: usd(input),
    output: usd(output),
    cached_input: usd(cached),
    source: from.type === 'configured' ? 'configured' : `${from.source}, ${from.date}`,
  }
}
