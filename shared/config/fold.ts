// The fold: what all events so far add up to. It reads no clock and makes no id, so the same events give the same state on
// every node and on every replay. A fold owns its state and edits it in place (a million events must fold in a second);
// whoever wants to keep the state before asks for `cloneState`.
import { type Change, type ConfigChange, type ConfigEvent, isKnownChange, type Origin } from './events.ts'
import type { EnforcedKind, KeyRecord, SpecOf } from './kinds.ts'
import type { ConfigState, Resource } from './state.ts'

/** The chain hash of a configuration to which nothing has happened yet. */
const genesisHash = '0'.repeat(64)

export function emptyState(): ConfigState {
  return {
    revision: 0,
    hash: genesisHash,
    resources: {
      providers: new Map(),
      models: new Map(),
      teams: new Map(),
      users: new Map(),
      apps: new Map(),
      slos: new Map(),
    },
    keys: new Map(),
  }
}

/** Edits `state` into the state after `event`. `hash` is the hash of the event's stored bytes. Throws, with the state as
 *  it was, on a revision that does not follow and on a change that is not known here. */
export function applyEvent(state: ConfigState, event: ConfigEvent, hash: string): void {
  if (event.revision !== state.revision + 1) {
    throw new Error(`revision ${event.revision} does not follow revision ${state.revision}`)
  }
  applyChange(state, event.change, event.revision)
  state.revision = event.revision
  state.hash = hash
}

/** Edits the resources and keys alone; `revision` is what the touched resources carry from now on. */
export function applyChange(state: ConfigState, change: ConfigChange, revision: number): void {
  const parts = change.type === 'change-set' ? change.changes : [change]
  for (const part of parts) {
    // Before the first edit: half a change set is a state that no log ever described.
    if (!isKnownChange(part.type)) throw new Error(`a change that is not known here: ${JSON.stringify(part.type)}`)
  }
  for (const part of parts) applyOne(state, part, revision)
}

/** A state that can be folded on without touching this one. The maps are copied, what they hold is shared: a fold replaces
 *  resources and never edits them. */
export function cloneState(state: ConfigState): ConfigState {
  const { providers, models, teams, users, apps, slos } = state.resources
  return {
    revision: state.revision,
    hash: state.hash,
    resources: {
      providers: new Map(providers),
      models: new Map(models),
      teams: new Map(teams),
      users: new Map(users),
      apps: new Map(apps),
      slos: new Map(slos),
    },
    keys: new Map(state.keys),
  }
}

/** Total: whatever is known can be folded. What a change deletes or rotates was there when it was decided. */
function applyOne(state: ConfigState, change: Change, revision: number): void {
  const { providers, models, teams, users, apps, slos } = state.resources
  switch (change.type) {
    case 'provider-set':
      set<'providers'>(providers, change, revision)
      break
    case 'provider-deleted':
      providers.delete(change.name)
      break
    case 'model-set':
      set<'models'>(models, change, revision)
      break
    case 'model-deleted':
      models.delete(change.name)
      break
    case 'team-set':
      set<'teams'>(teams, change, revision)
      break
    case 'team-deleted':
      teams.delete(change.name)
      break
    case 'user-set':
      set<'users'>(users, change, revision)
      break
    case 'user-deleted':
      users.delete(change.name)
      break
    case 'app-set':
      set<'apps'>(apps, change, revision)
      break
    case 'app-deleted':
      apps.delete(change.name)
      break
    case 'slo-set':
      set<'slos'>(slos, change, revision)
      break
    case 'slo-deleted':
      slos.delete(change.name)
      break
    case 'key-issued':
      state.keys.set(change.key.id, { spec: change.key, revision, origin: 'api' })
      break
    case 'key-rotated':
      rotate(state.keys, change, revision)
      break
    case 'key-revoked':
      state.keys.delete(change.keyId)
      break
    default:
      change satisfies never // a new kind of change does not compile until it is folded
  }
}

function set<Kind extends EnforcedKind>(
  resources: Map<string, Resource<SpecOf[Kind]>>,
  change: { name: string; spec: SpecOf[Kind]; origin: Origin },
  revision: number,
): void {
  resources.set(change.name, { spec: change.spec, revision, origin: change.origin })
}

function rotate(keys: ConfigState['keys'], change: Extract<Change, { type: 'key-rotated' }>, revision: number): void {
  const before = keys.get(change.keyId)
  if (before === undefined) return
  // A sealed token stands for the token before the rotation: printing it again would hand out a dying one.
  const { sealedToken: _, ...kept } = before.spec
  const spec: KeyRecord = {
    ...kept,
    tokenHash: change.tokenHash,
    prefix: change.prefix,
    previous: { tokenHash: before.spec.tokenHash, until: change.overlapUntil },
  }
  keys.set(change.keyId, { ...before, spec, revision })
}
