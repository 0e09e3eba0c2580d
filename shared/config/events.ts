// What can happen to a configuration. An event is decided once, against the state before it, and folded for ever after;
// everything a fold needs (ids, times) stands in the event.
import type { KeyRecord, ModelSpec, OwnerSpec, ProviderSpec, SloSpec } from './kinds.ts'

/** Who made a resource: an `apply` deletes only what an earlier apply made. */
export type Origin = 'api' | 'apply' | 'bootstrap'

export type Change =
  | { type: 'provider-set'; name: string; spec: ProviderSpec; origin: Origin }
  | { type: 'provider-deleted'; name: string }
  | { type: 'model-set'; name: string; spec: ModelSpec; origin: Origin }
  | { type: 'model-deleted'; name: string }
  | { type: 'team-set'; name: string; spec: OwnerSpec; origin: Origin }
  | { type: 'team-deleted'; name: string }
  | { type: 'user-set'; name: string; spec: OwnerSpec; origin: Origin }
  | { type: 'user-deleted'; name: string }
  | { type: 'app-set'; name: string; spec: OwnerSpec; origin: Origin }
  | { type: 'app-deleted'; name: string }
  | { type: 'slo-set'; name: string; spec: SloSpec; origin: Origin }
  | { type: 'slo-deleted'; name: string }
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

const changeTypes: { [Type in Change['type']]: true } = {
  'provider-set': true,
  'provider-deleted': true,
  'model-set': true,
  'model-deleted': true,
  'team-set': true,
  'team-deleted': true,
  'user-set': true,
  'user-deleted': true,
  'app-set': true,
  'app-deleted': true,
  'slo-set': true,
  'slo-deleted': true,
  'key-issued': true,
  'key-rotated': true,
  'key-revoked': true,
}

/** Whether this release can fold it. A log may hold what a newer release wrote. */
export function isKnownChange(type: string): type is Change['type'] {
  return Object.hasOwn(changeTypes, type)
}
