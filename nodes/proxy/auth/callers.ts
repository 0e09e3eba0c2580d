// Identifies the caller by its virtual key. A key is found by the SHA-256 of its whole token; the token itself is never stored.
// A caller is compiled when it first calls under a configuration: most of a hundred thousand keys are not used between two
// changes, and a change must not wait for them.
import { hash } from 'node:crypto'
import type { KeyRecord } from '../../../shared/config/keys/key-record.ts'
import { ownerOfKey } from '../../../shared/config/keys/key-rules.ts'
import { ownerIdOf } from '../../../shared/config/kinds/owners/owner-id.ts'
import type { ConfigState } from '../../../shared/config/state.ts'
import { done, fail, type Result } from '../../../shared/result.ts'
import { type Tenant, tenantOf } from './tenant.ts'

export interface Caller {
  readonly keyId: string
  /** SHA-256 (hex) of the token that was sent. It finds the caller again under another configuration. */
  readonly tokenHash: string
  readonly team: string
  readonly user: string
  readonly app: string
  /** Id of the owner of the files, batches and stored responses that the caller makes: of its team, else of its user or its
   *  application. Only callers with the same owner may use them later. Names are for records and display alone. */
  readonly owner: string
  readonly costCenter: string
  /** The tier of the user or app that owns the key, else of its team; '' without one. */
  readonly tier: string
  /** The labels of the key, of its owner and of its team; the nearest counts. */
  readonly metadata: ReadonlyMap<string, string>
  /** In whose name its requests wait for the quota of a provider. */
  readonly tenant: Tenant
  /** Milliseconds since the epoch; Infinity when the key does not expire. */
  readonly expiresAtMs: number
  /** The models that the caller may use. Undefined: every model. */
  readonly models: AllowList | undefined
}

export type AuthError =
  /** `scheme`: `Authorization` came without the scheme of a key. */
  | { type: 'missing-key'; lacks?: 'scheme' | undefined }
  | { type: 'ambiguous-credentials' }
  /** A key that never existed, was revoked or has expired: callers must not learn which. `looksLike` is told by its first letters
   *  alone. */
  | { type: 'unknown-key'; looksLike?: OtherKey | undefined }

/** What callers send in the place of a virtual key. */
export type OtherKey = 'admin-token' | 'provider-key' | 'bearer'

/** The headers that identify the caller of a request, as sent. */
export interface Credentials {
  readonly authorization: string | undefined
  readonly apiKey: string | undefined
  /** Whether more than one `apiKey` was sent, with different values. */
  readonly apiKeysDiffer?: boolean
  /** The query of the URL. A key in it opens nothing, since URLs are logged; but it must not be another one. */
  readonly query?: string
}

export function identify(callers: Callers, credentials: Credentials, nowMs: number): Result<Caller, AuthError> {
  const token = tokenOf(credentials)
  if (typeof token !== 'string') return fail(token)
  const caller = callers.get(hash('sha256', token, 'hex'))
  if (caller === undefined || caller.expiresAtMs <= nowMs)
    return fail({ type: 'unknown-key', looksLike: otherKey(token) })
  return done(caller)
}

/** The token of a request. Undefined where it has none, or two different ones. */
export function tokenIn(credentials: Credentials): string | undefined {
  const token = tokenOf(credentials)
  return typeof token === 'string' ? token : undefined
}

function tokenOf(credentials: Credentials): string | AuthError {
  const token = tokenInHeaders(credentials)
  const { query = '' } = credentials
  if (typeof token !== 'string' || query === '') return token
  return keysInQuery(query).every((key) => key === token) ? token : { type: 'ambiguous-credentials' }
}

/** The names under which Google's and Azure's APIs take keys in a URL, and those that callers make up. */
const queryNames = ['key', 'api-key', 'api_key', 'access_token']

function keysInQuery(query: string): string[] {
  if (!/%|key=|access_token=/.test(query)) return []
  const parameters = new URLSearchParams(query)
  return queryNames.flatMap((name) => parameters.getAll(name))
}

function tokenInHeaders({ authorization, apiKey, apiKeysDiffer = false }: Credentials): string | AuthError {
  if (apiKeysDiffer) return { type: 'ambiguous-credentials' }
  if (authorization === undefined) return apiKey === undefined || apiKey === '' ? { type: 'missing-key' } : apiKey
  const bearer = bearerToken(authorization)
  if (apiKey === undefined)
    return bearer ?? { type: 'missing-key', lacks: hasScheme(authorization) ? undefined : 'scheme' }
  return bearer === apiKey ? apiKey : { type: 'ambiguous-credentials' }
}

function hasScheme(authorization: string): boolean {
  return authorization.trim() === '' || /^bearer(\s|$)/i.test(authorization)
}

function otherKey(token: string): OtherKey | undefined {
  if (token.startsWith('hga_')) return 'admin-token'
  if (/^bearer\s/i.test(token)) return 'bearer'
  return /^(sk-|AIza|gsk_|xai-)/.test(token) ? 'provider-key' : undefined
}

function bearerToken(authorization: string): string | undefined {
  if (authorization.length < 8 || authorization.charCodeAt(6) !== 32) return undefined
  const scheme = authorization.slice(0, 6)
  if (scheme !== 'Bearer' && scheme.toLowerCase() !== 'bearer') return undefined
  const token = authorization.slice(7).trim()
  return token === '' ? undefined : token
}

/** A list of models: names, and prefixes written as `name/*`. */
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

/** Whether the caller may use `model`. The lists of its key, its owner and its team must all allow it. */
export function mayUse(caller: Caller, model: string): boolean {
  return caller.models === undefined || caller.models.has(model)
}

/** The callers of one configuration. */
export class Callers {
  readonly #state: CallerState
  readonly #seen = new Map<string, Caller>()

  constructor(state: CallerState) {
    this.#state = state
  }

  /** Finds a caller by the hash (hex) of its token. A rotated key is found by its old token too while the overlap lasts. */
  get(tokenHash: string): Caller | undefined {
    const seen = this.#seen.get(tokenHash)
    if (seen !== undefined) return seen
    const { tokens, keys, resources } = this.#state
    const id = tokens.get(tokenHash)
    const key = id === undefined ? undefined : keys.get(id)?.spec
    if (key === undefined) return undefined
    const { previous } = key
    const caller = compileCaller(key, tokenHash, resources)
    const known = previous?.tokenHash === tokenHash ? untilOverlapEnds(caller, previous.until) : caller
    this.#seen.set(tokenHash, known)
    return known
  }

  /** The caller that a key makes, which is not asked for its token: whoever made a batch, for example. */
  ofKey(keyId: string): Caller | undefined {
    const key = this.#state.keys.get(keyId)?.spec
    return key === undefined ? undefined : compileCaller(key, key.tokenHash, this.#state.resources)
  }
}

type CallerState = Pick<ConfigState, 'tokens' | 'keys' | 'resources'>

function compileCaller(key: KeyRecord, tokenHash: string, resources: ConfigState['resources']): Caller {
  const { kind, name } = ownerOfKey(key)
  const own = resources[kind].get(name)
  const teamName = kind === 'teams' ? name : (own?.spec.team ?? '')
  const team = resources.teams.get(teamName)
  const lists = kind === 'teams' ? [key.models, team?.spec.models] : [key.models, own?.spec.models, team?.spec.models]
  return {
    keyId: key.id,
    tokenHash,
    team: teamName,
    user: kind === 'users' ? name : '',
    app: kind === 'apps' ? name : '',
    owner: teamName === '' ? ownerIdOf(kind, name, own) : ownerIdOf('teams', teamName, team),
    costCenter: own?.spec.costCenter ?? team?.spec.costCenter ?? '',
    tier: own?.spec.tier ?? team?.spec.tier ?? '',
    metadata: labelsOf([team?.spec.metadata, own?.spec.metadata, key.metadata]),
    tenant: tenantOf(key, own?.spec, team?.spec),
    expiresAtMs: key.expiresAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(key.expiresAt),
    models: narrowest(lists),
  }
}

const noLabels: ReadonlyMap<string, string> = new Map()

/** The labels of all sets; a later set goes before an earlier one. */
function labelsOf(sets: readonly (Record<string, string> | undefined)[]): ReadonlyMap<string, string> {
  if (sets.every((set) => set === undefined)) return noLabels
  return new Map(sets.flatMap((set) => Object.entries(set ?? {})))
}

/** A list that allows the models which every given list allows. */
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
