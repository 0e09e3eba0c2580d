// The folded configuration: what all events so far add up to. Private to a follower; requests read a compiled snapshot.
import type { Origin } from './events.ts'
import type { ForkableMap } from './forkable-map.ts'
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
  resources: { [Kind in EnforcedKind]: ForkableMap<Resource<SpecOf[Kind]>> }
  keys: ForkableMap<Resource<KeyRecord>>
  /** Ids of keys by the hashes of their tokens, of the one before the last rotation too. No two keys share one. */
  tokens: ForkableMap<string>
}
