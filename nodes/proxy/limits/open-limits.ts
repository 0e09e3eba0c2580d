// The policies that bound what is used and spent, with what they share with other proxies.
import { join } from 'node:path'
import { BudgetDesk } from '../../../cluster/budgets/budget-desk.ts'
import { MarkJournal } from '../../../cluster/budgets/mark-journal.ts'
import type { Bus } from '../../../cluster/bus/bus.ts'
import { Gossip } from '../../../cluster/gossip/gossip.ts'
import { keysFor, type MasterKeys } from '../../../cluster/secrets/master-keys.ts'
import type { Clock } from '../../../shared/clock.ts'
import type { Jobs } from '../large/job.ts'
import { Budgets } from './budgets/budgets.ts'
import { Limits } from './limits.ts'

export interface OpenLimitsOptions {
  readonly node: { readonly name: string }
  readonly dataDir: string
  readonly masterKeys: MasterKeys
  readonly bus: Bus
  readonly clock: Clock
  /** Does what would hold the event loop for as long as a body is large. */
  readonly jobs: Jobs
}

/** `boot` names this life of the process. */
export function openLimits({ node, dataDir, masterKeys, bus, clock, jobs }: OpenLimitsOptions, boot: string) {
  const gossip = new Gossip({ node: node.name, boot: clock.wallMs(), bus, clock })
  const journal = new MarkJournal(join(dataDir, 'budget-marks'))
  const desk = new BudgetDesk({ node: node.name, boot, bus, clock, journal })
  const limits = new Limits({ gossip, clock, hashKey: keysFor('limitKey', masterKeys)[0] })
  const budgets = new Budgets({ desk, clock, jobs })
  return {
    /** What the proxies share, for the quotas of providers too. */
    gossip,
    policies: [limits, budgets],
    /** What heartbeats tell of them. */
    facts: () => ({ limitsExceeded: limits.exceeded, budgets: budgets.loads() }),
    start() {
      gossip.start()
      desk.start()
    },
    async stop() {
      gossip.stop()
      await desk.stop()
    },
  }
}
