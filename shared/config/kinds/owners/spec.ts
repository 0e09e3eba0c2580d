/** Teams, users and apps alike. */
export interface OwnerSpec {
  costCenter?: string
  team?: string
  models?: string[]
  tier?: string
  metadata?: Record<string, string>
}
