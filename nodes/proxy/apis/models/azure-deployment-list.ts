// `GET /openai/deployments`: what this caller may call, as Azure's authoring API lists deployments.
import type { KnownListing } from './known-listing.ts'

interface Deployment {
  readonly object: 'deployment'
  /** The name that callers write. */
  readonly id: string
  /** The model's name at the provider. */
  readonly model: string
  readonly owner: 'organization-owner'
  readonly status: 'succeeded'
  readonly scale_settings: { readonly scale_type: 'standard' }
  /** The release date of the model, in seconds since the epoch, as is `updated_at`; 0 when unknown. */
  readonly created_at: number
  readonly updated_at: number
}

export function deploymentList(known: readonly KnownListing[]): { object: 'list'; data: Deployment[] } {
  return { object: 'list', data: known.map(deploymentListing) }
}

export function deploymentListing({ name, model, releasedAt = 0 }: KnownListing): Deployment {
  return {
    object: 'deployment',
    id: name,
    model: model ?? name,
    owner: 'organization-owner',
    status: 'succeeded',
    scale_settings: { scale_type: 'standard' },
    created_at: releasedAt,
    updated_at: releasedAt,
  }
}
