// The folded configuration: what all events so far add up to. Private to a follower; requests read a compiled snapshot.
import type { ForkableMap } from './forkable-map.ts'
import type { KeyRecord } from './keys/key-record.ts'
import type { EnforcedKind, Origin, SpecOf } from './kinds/kind.ts'

export interface Resource<Spec> {
  spec: Spec
  /** The revision of the event that last set it: its ETag. */
  revision: number
  origin: Origin
  /** Of owners alone: the id from the event that made it (`kinds/owners/owner-id.ts`). */
  id?: string
}

export type Resources = { [Kind in EnforcedKind]: ForkableMap<Resource<SpecOf[Kind]>> }

export interface ConfigState {
  revision: number
  /** Hex chain hash at `revision`. */
  hash: string
  resources: Resources
  keys: ForkableMap<Resource<KeyRecord>>
  /** Ids of keys by the hashes of their tokens, of the one before the last rotation too. No two keys share one. */
  tokens: ForkableMap<string>
}
