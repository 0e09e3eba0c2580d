export const priorities = ['high', 'normal', 'low'] as const
export type Priority = (typeof priorities)[number]

/** Teams, users and apps alike. */
export interface OwnerSpec {
  costCenter?: string
  team?: string
  models?: string[]
  tier?: string
  metadata?: Record<string, string>
  /** The part in a provider's quota that everybody waits for, beside the others. Default 1. */
  weight?: number
  /** The class in which its requests wait for a provider's quota. Default: that of its team, else `normal`. */
  priority?: Priority
}
