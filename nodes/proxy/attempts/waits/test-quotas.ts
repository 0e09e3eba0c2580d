// A gateway that looks at the quotas of providers.
import { LocalBus } from '../../../../cluster/bus/local-bus.ts'
import { Gossip } from '../../../../cluster/gossip/gossip.ts'
import { ManualClock } from '../../../../shared/clock.ts'
import { TestGateway, type TestGatewayOptions } from '../../apis/test-gateway.ts'
import { OutputLengths } from '../../limits/output-lengths.ts'
import type { Policy } from '../../policies/policy.ts'
import type { Credential } from '../../providers/credential.ts'
import { Quotas } from '../../quotas/quotas.ts'

export interface QuotaGateway {
  readonly clock: ManualClock
  readonly gateway: TestGateway
  readonly gossip: Gossip
  readonly quotas: Quotas<Credential>
}

export async function openQuotaGateway(
  options: TestGatewayOptions & {
    queueMax?: number
    policiesOf?: (gossip: Gossip, clock: ManualClock) => readonly Policy[]
  } = {},
): Promise<QuotaGateway> {
  const clock = new ManualClock(Date.parse('2026-11-30T12:00:00Z'))
  const gossip = new Gossip({ node: 'n1', boot: 1, bus: new LocalBus(), clock })
  const { queueMax = 10, policiesOf, ...rest } = options
  const hashKey = new Uint8Array(32)
  const quotas = new Quotas<Credential>({ gossip, clock, chance: () => 0, hashKey, queueMax })
  const policies = policiesOf?.(gossip, clock) ?? []
  const gateway = await TestGateway.open({ ...rest, policies, clock, quota: { quotas, lengths: new OutputLengths() } })
  return { clock, gateway, gossip, quotas }
}

/** What nobody may leave behind: what is taken of quotas, and who waits. */
export function quotaLeftovers(quotas: Quotas<Credential>): { open: number; waiting: number } {
  let open = 0
  for (const { limits } of quotas.accounts) for (const limit of limits.values()) open += limit.open
  let waiting = 0
  for (const [, , length] of quotas.queues()) waiting += length
  return { open, waiting }
}

/** OpenAI's headers of a limit of requests: `perMinute` of them, of which `left` remain. */
export function openAiRequests(perMinute: number, left: number): Record<string, string> {
  return {
    'x-ratelimit-limit-requests': String(perMinute),
    'x-ratelimit-remaining-requests': String(left),
    'x-ratelimit-reset-requests': `${(((perMinute - left) / perMinute) * 60).toFixed(3)}s`,
  }
}

/** Lets promises go on. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve()
}
