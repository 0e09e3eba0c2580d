// What a part finds in its thread, and what it gives back once it runs.
import type { LocalBus } from '../../../cluster/bus/local-bus.ts'
import type { Chance, Clock } from '../../../shared/clock.ts'
import type { Notify } from '../../../shared/notice.ts'
import type { Part } from '../part-standing.ts'
import type { ControlFacts, WorkerTask } from './worker-messages.ts'

export interface ThreadContext {
  readonly task: WorkerTask
  /** The bus of this process. */
  readonly bus: LocalBus
  readonly clock: Clock
  readonly chance: Chance
  readonly notify: Notify
}

export interface RunningThread extends Part {
  readonly control?: ControlFacts
  close(): Promise<void> | void
}
