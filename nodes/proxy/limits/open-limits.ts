// The policies that bound what is used and spent, with what they share with other proxies.

import { join } from 'node:path'
import { BudgetDesk } from '../../../cluster/budgets/budget-desk.ts'
import { MarkJournal } from '../../../cluster/budgets/mark-journal.ts'
import type { Bus } from '../../../cluster/bus/bus.ts'
import { Gossip } from '../../../cluster/gossip/gossip.ts'
import { keysFor, type MasterKeys } from '../../../cluster/secrets/master-keys.ts'
import type { Clock } from '../../../shared/clock.ts'
import type { Notify } from '../../../shared/notice.ts'
import type { Settings } from '../../../shared/settings.ts'
import type { Jobs } from '../large/job.ts'
import { Budgets } from './budgets/budgets.ts'
import { notifySeldom } from './full-limits.ts'
import { Limits } from './limits.ts'
import { shareStarts } from './wall-time/shared-starts.ts'

export interface OpenLimitsOptions {
  readonly node: { readonly name: string }
  readonly dataDir: string
  readonly masterKeys: MasterKeys
  readonly bus: Bus
  readonly clock: Clock
  /** Does what would hold the event loop for as long as a body is large. */
  readonly jobs: Jobs
  readonly notify: Notify
  readonly settings: Pick<Settings, 'limitNodesMax' | 'limitCountsMax'>
}

/** `boot` names this life of the process. */
export function openLimits(options: OpenLimitsOptions, boot: string) {
  const { node, dataDir, masterKeys, bus, clock, jobs, notify, settings } = options
  const { limitNodesMax: membersMax, limitCountsMax: bucketsMax } = settings
  const onFull = notifySeldom({ clock, notify, max: { nodes: membersMax, counts: bucketsMax } })
  const gossip = new Gossip({ node: node.name, boot: clock.wallMs(), bus, clock, membersMax, bucketsMax, onFull })
  const journal = new MarkJournal(join(dataDir, 'budget-marks'))
  const desk = new BudgetDesk({ node: node.name, boot, bus, clock, journal })
  const limits = new Limits({ gossip, clock, hashKey: keysFor('limitKey', masterKeys)[0] })
  let sharing: { stop(): void } | undefined
  const budgets = new Budgets({ desk, clock, jobs })
  return {
    /** What the proxies share, for the quotas of providers too. */
    gossip,
    policies: [limits, budgets],
    /** Why an open request is ended. */
    endOf: (request: object) => limits.endOf(request),
    /** What heartbeats tell of them. */
    facts: () => ({ limitsExceeded: limits.exceeded, budgets: budgets.loads() }),
    start() {
      gossip.start()
      sharing = shareStarts({ starts: limits.starts, bus, clock })
      desk.start()
    },
    async stop() {
      gossip.stop()
      sharing?.stop()
      await desk.stop()
    },
  }
}
