// The fold: what all events so far add up to. It reads no clock and makes no id, so the same events give the same state on
// every node and on every replay. A fold owns its state and edits it in place (a million events must fold in a second);
// whoever wants to keep the state before folds on a `forkState` of it.
import { type Change, type ConfigChange, type ConfigEvent, isKnownChange, type KeyChange } from './events.ts'
import { ForkableMap } from './forkable-map.ts'
import type { KeyRecord } from './keys/key-record.ts'
import { byKind, isResourceChange, isResourceSet, kindOfChange, type ResourceChange } from './kinds/kind.ts'
import type { ConfigState, Resource, Resources } from './state.ts'

/** The chain hash of a configuration to which nothing has happened yet. */
const genesisHash = '0'.repeat(64)

export function emptyState(): ConfigState {
  return stateOf(() => new ForkableMap())
}

/** An empty state for folding a long history: in half of the time, until it is settled, which has to come before anybody
 *  forks it. */
export function looseState(): ConfigState {
  return stateOf(() => ForkableMap.loose())
}

function stateOf(empty: <Value>() => ForkableMap<Value>): ConfigState {
  return {
    revision: 0,
    hash: genesisHash,
    resources: byKind(() => empty<never>()),
    keys: empty(),
    tokens: empty(),
  }
}

/** Takes as long as what the state holds, in pieces: it can be read between them, and not folded on. */
export function* settling({ resources, keys, tokens }: ConfigState): Generator<undefined, undefined> {
  for (const map of [...Object.values(resources), keys, tokens]) yield* map.settling()
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

/** A state that can be folded on without touching this one, at once however large it is: a fold replaces resources and
 *  never edits them. */
export function forkState(state: ConfigState): ConfigState {
  return {
    revision: state.revision,
    hash: state.hash,
    resources: byKind((kind) => state.resources[kind].fork()) as Resources, // each is a fork of the map of its kind
    keys: state.keys.fork(),
    tokens: state.tokens.fork(),
  }
}

/** Puts a key where its id and its tokens lead to it. Nothing happens when a token is another key's: two keys with one token
 *  could not be told apart, and no command was ever decided so. */
export function setKey(state: ConfigState, record: Resource<KeyRecord>, before = state.keys.get(record.spec.id)): void {
  const { keys, tokens } = state
  const { id, tokenHash, previous } = record.spec
  const known = before?.spec
  const isNew = !leadsTo(known, tokenHash)
  const isPreviousNew = previous !== undefined && !leadsTo(known, previous.tokenHash)
  if ((isNew && tokens.has(tokenHash)) || (isPreviousNew && tokens.has(previous.tokenHash))) return
  keys.set(id, record)
  if (known !== undefined) {
    if (!leadsTo(record.spec, known.tokenHash)) tokens.delete(known.tokenHash)
    const last = known.previous?.tokenHash
    if (last !== undefined && !leadsTo(record.spec, last)) tokens.delete(last)
  }
  if (isNew) tokens.set(tokenHash, id)
  if (isPreviousNew) tokens.set(previous.tokenHash, id)
}

function leadsTo(key: KeyRecord | undefined, hash: string): boolean {
  return key !== undefined && (key.tokenHash === hash || key.previous?.tokenHash === hash)
}

/** Total: whatever is known can be folded. What a change deletes or rotates was there when it was decided. */
function applyOne(state: ConfigState, change: Change, revision: number): void {
  if (isResourceChange(change)) applyToResource(state.resources, change, revision)
  else applyToKey(state, change, revision)
}

function applyToResource(resources: Resources, change: ResourceChange, revision: number): void {
  const ofKind: ForkableMap<Resource<unknown>> = resources[kindOfChange(change)]
  if (!isResourceSet(change)) return void ofKind.delete(change.name)
  const { name, spec, origin } = change
  const before = ofKind.get(name)
  const id = before === undefined ? change.id : before.id
  ofKind.set(name, id === undefined ? { spec, revision, origin } : { spec, revision, origin, id })
}

function applyToKey(state: ConfigState, change: KeyChange, revision: number): void {
  switch (change.type) {
    case 'key-issued':
      setKey(state, { spec: change.key, revision, origin: 'api' })
      break
    case 'key-rotated':
      rotate(state, change, revision)
      break
    case 'key-revoked':
      revoke(state, change.keyId)
      break
    default:
      change satisfies never // a new kind of change does not compile until it is folded
  }
}

function rotate(state: ConfigState, change: Extract<Change, { type: 'key-rotated' }>, revision: number): void {
  const before = state.keys.get(change.keyId)
  if (before === undefined) return
  const { tokenHash, prefix, overlapUntil: until } = change
  const spec: KeyRecord = { ...before.spec, tokenHash, prefix, previous: { tokenHash: before.spec.tokenHash, until } }
  // A sealed token stands for the token before the rotation: printing it again would hand out a dying one.
  if (spec.sealedToken !== undefined) delete spec.sealedToken
  setKey(state, { spec, revision, origin: before.origin }, before)
}

function revoke({ keys, tokens }: ConfigState, keyId: string): void {
  const record = keys.get(keyId)
  if (record === undefined) return
  for (const hash of tokenHashesOf(record.spec)) tokens.delete(hash)
  keys.delete(keyId)
}

function tokenHashesOf({ tokenHash, previous }: KeyRecord): string[] {
  return previous === undefined ? [tokenHash] : [tokenHash, previous.tokenHash]
}
