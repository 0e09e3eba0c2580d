// `GET /v1/models`: what this caller may call, in OpenAI's shape, with what is known of each model beside it.
import type { Price } from '../../../../shared/models/price.ts'
import { type Caller, mayUse } from '../../auth/callers.ts'
import type { Snapshot } from '../../snapshot/snapshot.ts'

interface Listing {
  readonly id: string
  readonly object: 'model'
  /** When the first target's model came out, in seconds since the epoch. Zero: nobody told. */
  readonly created: number
  readonly owned_by: string
  readonly context_window?: number
  readonly max_output_tokens?: number
  /** Of the first target. Null: it has no price, and its requests count as 0. */
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

export function modelList(snapshot: Snapshot, caller: Caller): { object: 'list'; data: Listing[] } {
  const names = snapshot.modelNames.filter((name) => mayUse(caller, name))
  return { object: 'list', data: names.map((name) => modelListing(snapshot, name)) }
}

export function modelListing(snapshot: Snapshot, name: string): Listing {
  const target = snapshot.routeOf(name)?.targets[0]?.target
  const { contextTokensMax, outputTokensMax } = target?.facts ?? {}
  return {
    id: name,
    object: 'model',
    created: target?.releasedAt ?? 0,
    owned_by: target?.provider ?? 'headgate',
    ...(contextTokensMax === undefined ? {} : { context_window: contextTokensMax }),
    ...(outputTokensMax === undefined ? {} : { max_output_tokens: outputTokensMax }),
    pricing: target?.price === undefined ? null : pricingOf(target.price),
  }
}

function pricingOf({ input, output, cached, from }: Price): Pricing {
  const usd = (nanoPerToken: number) => Math.round(nanoPerToken * 1e6) / 1e9
  return {
    input: usd(input),
    output: usd(output),
    cached_input: usd(cached),
    source: from.type === 'configured' ? 'configured' : `${from.source}, ${from.date}`,
  }
}
