// What can happen to a configuration. An event is decided once, against the state before it, and folded for ever after;
// everything a fold needs (ids, times) stands in the event.
import type { KeyRecord } from './keys/key-record.ts'
import { isResourceChange, type ResourceChange } from './kinds/kind.ts'

export type Change = ResourceChange | KeyChange

export type KeyChange =
  | { type: 'key-issued'; key: KeyRecord }
  | { type: 'key-rotated'; keyId: string; tokenHash: string; prefix: string; overlapUntil: string }
  | { type: 'key-revoked'; keyId: string }

/** Several changes at once are one event and one revision. */
export type ConfigChange = Change | { type: 'change-set'; changes: Change[] }

export interface ConfigEvent {
  /** Equal to its place in the log; the fold refuses a gap. */
  revision: number
  /** Format of the envelope. */
  version: 1
  /** `change.type`, readable without knowing the change. */
  type: string
  at: string // ISO 8601
  actor: string
  reason: string
  commandId: string
  /** A reader that does not know `type` may skip the event; any other unknown type stops it. */
  ignorable?: true
  change: ConfigChange
  prevHash: string
}

const keyChanges: { [Type in KeyChange['type']]: true } = {
  'key-issued': true,
  'key-rotated': true,
  'key-revoked': true,
}

/** Whether this release can fold it. A log may hold what a newer release wrote. */
export function isKnownChange(type: string): type is Change['type'] {
  return isResourceChange({ type }) || Object.hasOwn(keyChanges, type)
}
