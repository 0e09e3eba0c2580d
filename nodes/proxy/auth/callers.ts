// Who is calling. A virtual key is known by the SHA-256 of its whole token: nothing shorter identifies anybody, and the
// token itself is never kept. All that later stages need to know of the caller is worked out when the configuration
// changes, not when a request comes.
import { hash } from 'node:crypto'
import type { KeyOwner, KeyRecord, OwnerSpec } from '../../../shared/config/kinds.ts'
import type { ConfigState, Resource } from '../../../shared/config/state.ts'
import { done, fail, type Result } from '../../../shared/result.ts'

export interface Caller {
  readonly keyId: string
  readonly team: string
  readonly user: string
  readonly app: string
  readonly costCenter: string
  /** Milliseconds since the epoch; Infinity when the key does not expire. */
  readonly expiresAtMs: number
  /** Undefined allows every model. */
  readonly models: AllowList | undefined
}

export type AuthRefusal =
  | { type: 'missing-key' }
  | { type: 'ambiguous-credentials' }
  /** The same for a key that never was, was revoked, or has expired. */
  | { type: 'unknown-key' }

/** Token hash (hex) → the caller, with the old hash of a rotated key while its overlap lasts. */
export type Callers = ReadonlyMap<string, Caller>

/** What identifies a request: header values as sent. */
export interface Credentials {
  readonly authorization: string | undefined
  readonly apiKey: string | undefined
}

export function identify(callers: Callers, credentials: Credentials, nowMs: number): Result<Caller, AuthRefusal> {
  const token = tokenOf(credentials)
  if (typeof token !== 'string') return fail(token)
  const caller = callers.get(hash('sha256', token, 'hex'))
  if (caller === undefined || caller.expiresAtMs <= nowMs) return fail({ type: 'unknown-key' })
  return done(caller)
}

function tokenOf({ authorization, apiKey }: Credentials): string | AuthRefusal {
  if (authorization === undefined) return apiKey === undefined || apiKey === '' ? { type: 'missing-key' } : apiKey
  const bearer = bearerToken(authorization)
  if (apiKey === undefined) return bearer ?? { type: 'missing-key' }
  return bearer === apiKey ? apiKey : { type: 'ambiguous-credentials' }
}

function bearerToken(authorization: string): string | undefined {
  if (authorization.length < 8 || authorization.charCodeAt(6) !== 32) return undefined
  const scheme = authorization.slice(0, 6)
  if (scheme !== 'Bearer' && scheme.toLowerCase() !== 'bearer') return undefined
  const token = authorization.slice(7).trim()
  return token === '' ? undefined : token
}

/** Names, and prefixes written as `name/*`. */
export class AllowList {
  readonly #names: ReadonlySet<string>
  readonly #prefixes: readonly string[]

  constructor(models: readonly string[]) {
    this.#names = new Set(models.filter((model) => !model.endsWith('/*')))
    this.#prefixes = models.filter((model) => model.endsWith('/*')).map((model) => model.slice(0, -1))
  }

  has(model: string): boolean {
    return this.#names.has(model) || this.#prefixes.some((prefix) => model.startsWith(prefix))
  }
}

/** May this caller use `model`? Both the key's own list and its team's must allow it. */
export function mayUse(caller: Caller, model: string): boolean {
  return caller.models === undefined || caller.models.has(model)
}

interface Compiled {
  readonly caller: Caller
  readonly record: Resource<KeyRecord>
}

/** Compiles the callers of each new state, and keeps those whose key and owners have not changed. */
export class CallerCompiler {
  #compiled = new Map<string, Compiled>()
  #owners: ConfigState['resources'] | undefined

  compile(state: ConfigState): Callers {
    const reusable = this.#owners !== undefined && sameOwners(this.#owners, state.resources)
    const compiled = new Map<string, Compiled>()
    const callers = new Map<string, Caller>()
    for (const [id, record] of state.keys) {
      const before = reusable ? this.#compiled.get(id) : undefined
      const entry = before?.record === record ? before : { record, caller: compileCaller(record.spec, state.resources) }
      compiled.set(id, entry)
      callers.set(record.spec.tokenHash, entry.caller)
      const { previous } = record.spec
      if (previous !== undefined) callers.set(previous.tokenHash, untilOverlapEnds(entry.caller, previous.until))
    }
    this.#compiled = compiled
    this.#owners = state.resources
    return callers
  }
}

function compileCaller(key: KeyRecord, resources: ConfigState['resources']): Caller {
  const owner = ownerOf(key.owner, resources)
  const team = owner.team === '' ? undefined : resources.teams.get(owner.team)?.spec
  return {
    keyId: key.id,
    team: owner.team,
    user: owner.user,
    app: owner.app,
    costCenter: owner.spec?.costCenter ?? team?.costCenter ?? '',
    expiresAtMs: key.expiresAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(key.expiresAt),
    models: narrowest([key.models, owner.spec?.models, team?.models]),
  }
}

function ownerOf(owner: KeyOwner, resources: ConfigState['resources']) {
  if ('user' in owner) {
    const spec = resources.users.get(owner.user)?.spec
    return { team: spec?.team ?? '', user: owner.user, app: '', spec }
  }
  if ('app' in owner) {
    const spec = resources.apps.get(owner.app)?.spec
    return { team: spec?.team ?? '', user: '', app: owner.app, spec }
  }
  return { team: owner.team, user: '', app: '', spec: undefined as OwnerSpec | undefined }
}

/** Every list that is set must allow a model. */
function narrowest(lists: (readonly string[] | undefined)[]): AllowList | undefined {
  const set = lists.filter((list) => list !== undefined).map((list) => new AllowList(list))
  if (set.length <= 1) return set[0]
  return new EveryList(set)
}

class EveryList extends AllowList {
  readonly #lists: readonly AllowList[]

  constructor(lists: readonly AllowList[]) {
    super([])
    this.#lists = lists
  }

  override has(model: string): boolean {
    return this.#lists.every((list) => list.has(model))
  }
}

function untilOverlapEnds(caller: Caller, until: string): Caller {
  return { ...caller, expiresAtMs: Math.min(caller.expiresAtMs, Date.parse(until)) }
}

function sameOwners(a: ConfigState['resources'], b: ConfigState['resources']): boolean {
  return sameEntries(a.teams, b.teams) && sameEntries(a.users, b.users) && sameEntries(a.apps, b.apps)
}

function sameEntries<Value>(a: ReadonlyMap<string, Value>, b: ReadonlyMap<string, Value>): boolean {
  if (a === b) return true
  if (a.size !== b.size) return false
  for (const [name, value] of a) if (b.get(name) !== value) return false
  return true
}
