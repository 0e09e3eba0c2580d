import type { WebhookSpec } from '../webhook/spec.ts'

export const sloObjectives = ['availability', 'ttft', 'itl', 'total'] as const
export type SloObjective = (typeof sloObjectives)[number]

export interface SloSpec {
  /** The requests that count. Default: all. */
  match?: SloMatch
  objective: SloObjective
  /** The longest duration that is still good; required but for availability. */
  threshold?: string
  /** The fraction of requests that must be good. Default 0.999. */
  target?: number
  /** The period over which the budget is counted. Default 30d. */
  window?: string
  /** The receiver of alerts; messages are signed if it has a secret. */
  webhook?: string | WebhookSpec
}

/** The fields that a request must have to count; an absent field asks for nothing. */
export interface SloMatch {
  model?: string
  /** The provider's name; with `provider` or `target`, attempts are counted instead of requests. */
  provider?: string
  /** The model's name at the provider. */
  target?: string
  team?: string
  user?: string
  app?: string
  /** A key's id. */
  key?: string
}
