// What attempts see of the journal of intents.
import type { Intent } from './intent.ts'

export interface Intents {
  /** Whether an attempt is sent only after its intent is on the disk. */
  readonly isStrict: boolean
  open(intent: Intent): void
  /** Calls back once all open intents are on the disk; false: they are not. */
  whenSynced(then: (isSynced: boolean) => void): void
  /** Writes an intent again whose attempt has ended. */
  update(intent: Intent): void
  /** The record of the attempt is safe. */
  close(intent: Intent): void
}
