// What one process runs with: what was asked of it, what its start has read, the real clock and real chance.

import type { DataFolder } from '../../cluster/data-folder/data-folder.ts'
import type { Hold } from '../../cluster/data-folder/hold.ts'
import type { StartJournal } from '../../cluster/data-folder/start-journal.ts'
import type { Chance, Clock } from '../../shared/clock.ts'
import type { Notify } from '../../shared/notice.ts'
import type { Settings } from '../../shared/settings.ts'
import type { NodeRole } from '../../shared/telemetry/records.ts'
import type { MemoryPlan } from './memory-plan.ts'
import type { Plan } from './roles.ts'

export interface StartOptions {
  readonly role: NodeRole
  /** Makes providers of the keys and local servers that are found. */
  readonly auto: boolean
  readonly version: string
  readonly environment: Readonly<Record<string, string | undefined>>
}

export interface Run {
  readonly options: StartOptions
  readonly plan: Plan
  readonly memory: MemoryPlan
  readonly settings: Settings
  readonly node: string
  readonly folder: DataFolder
  readonly notify: Notify
  readonly clock: Clock
  readonly chance: Chance
  readonly startedMs: number
  readonly journal: StartJournal
  /** The hold that the journal orders after repeated crashes. */
  readonly hold: Hold | undefined
}
