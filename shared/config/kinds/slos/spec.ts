import type { SealedSecret } from '../../sealed-secret.ts'

export const sloObjectives = ['availability', 'ttft', 'itl', 'total'] as const
export type SloObjective = (typeof sloObjectives)[number]

export interface SloSpec {
  /** Default: everything. */
  match?: SloMatch
  objective: SloObjective
  /** A duration: what is not above it is good. Of every objective but availability. */
  threshold?: string
  /** The part of all that has to be good. Default 0.999. */
  target?: number
  /** Over which the budget is counted. Default 30d. */
  window?: string
  /** Without a secret its messages are not signed. */
  webhook?: string | WebhookSpec
}

/** What a request must have to count; a field that is absent asks for nothing. */
export interface SloMatch {
  model?: string
  /** With `provider` or `target` the attempts at it are what counts, not the requests. */
  provider?: string
  /** The model's name at the provider. */
  target?: string
  team?: string
  user?: string
  app?: string
  /** A key's id. */
  key?: string
}

export interface WebhookSpec {
  url: string
  secret: SealedSecret
  allowPrivate?: boolean
}
