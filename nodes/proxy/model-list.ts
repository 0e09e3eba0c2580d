// `GET /v1/models`: what this caller may call, in OpenAI's shape.
import { type Caller, mayUse } from './auth/callers.ts'
import type { Snapshot } from './snapshot.ts'

interface Listing {
  readonly id: string
  readonly object: 'model'
  /** Seconds since the epoch. Zero: the configuration does not say when a model was made. */
  readonly created: number
  readonly owned_by: string
}

export function modelList(snapshot: Snapshot, caller: Caller): { object: 'list'; data: Listing[] } {
  const names = snapshot.modelNames.filter((name) => mayUse(caller, name))
  return { object: 'list', data: names.map((name) => modelListing(snapshot, name)) }
}

export function modelListing(snapshot: Snapshot, name: string): Listing {
  const provider = snapshot.routeOf(name)?.targets[0]?.endpoint.provider
  return { id: name, object: 'model', created: 0, owned_by: provider ?? 'headgate' }
}
