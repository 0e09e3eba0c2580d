// What heartbeats tell of the quotas of providers.
import type { QuotaLimitLoad, QuotaLoad } from '../../../shared/telemetry/records.ts'
import type { AccountQuota } from './account-quota.ts'
import type { QuotaCredential, Quotas } from './quotas.ts'

/** Limits that are told, and queues: those that matter most. */
const toldMax = 64

/** Undefined where nothing is known and nobody has waited. */
export function quotaFacts(quotas: Quotas<QuotaCredential>): QuotaLoad | undefined {
  quotas.forgetIdle()
  const { stats, nowMs } = quotas
  const limits = [...quotas.accounts].flatMap((account) => limitsOf(account, nowMs))
  const { waits, waitedMs, sheds } = stats
  const queues = [...quotas.queues()].map(([provider, model, length]) => ({ provider, model, length }))
  if (limits.length === 0 && waits.every((count) => count === 0) && sheds === 0) return undefined
  limits.sort((one, other) => one.remaining / one.limit - other.remaining / other.limit)
  queues.sort((one, other) => other.length - one.length)
  return { limits: limits.slice(0, toldMax), queues: queues.slice(0, toldMax), waits: [...waits], waitedMs, sheds }
}

/** The tightest limit of each unit. */
function limitsOf({ name, limits }: AccountQuota, nowMs: number): QuotaLimitLoad[] {
  const tightest = new Map<string, QuotaLimitLoad>()
  for (const limit of limits.values()) {
    const remaining = Math.round(limit.remaining(nowMs))
    const known = tightest.get(limit.unit)
    if (known !== undefined && known.remaining / known.limit <= remaining / limit.limit) continue
    tightest.set(limit.unit, { ...name, unit: limit.unit, limit: limit.limit, remaining })
  }
  return [...tightest.values()]
}
