// The folded configuration: what all events so far add up to. Private to a follower; requests read a compiled snapshot.
import type { Origin } from './events.ts'
import type { EnforcedKind, KeyRecord, SpecOf } from './kinds.ts'

export interface Resource<Spec> {
  spec: Spec
  /** Of the event that last set it: its ETag. */
  revision: number
  origin: Origin
}

export interface ConfigState {
  revision: number
  /** Hex chain hash at `revision`. */
  hash: string
  resources: { [Kind in EnforcedKind]: Map<string, Resource<SpecOf[Kind]>> }
  keys: Map<string, Resource<KeyRecord>>
}
