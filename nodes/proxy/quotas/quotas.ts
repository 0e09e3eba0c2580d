// What is known of the limits of providers, and the queues in front of them. Nothing is kept of a credential whose provider neither tells
// limits nor rejects: its requests cost a look at one field.
import { createHmac } from 'node:crypto'
import type { Gossip } from '../../../cluster/gossip/gossip.ts'
import type { Chance, Clock } from '../../../shared/clock.ts'
import type { Tenant } from '../auth/tenant.ts'
import type { UpstreamHead } from '../upstream/upstream.ts'
import { AccountQuota, type DeclaredQuota } from './account-quota.ts'
import { type Candidate, Grant, takeFirst } from './grant.ts'
import { Lane, type TurnedAway, Waiter, type WaiterEnds } from './lane.ts'
import { quotaReadings } from './quota-headers.ts'
import { QuotaStats } from './quota-stats.ts'
import { costOf, type QuotaUse } from './quota-unit.ts'
import type { Rejection } from './rejections.ts'

/** What is known of a credential. It lives as long as what is known of its health. */
export interface QuotaMemory {
  /** The accounts by model; absent while nothing is known. */
  quotas?: Map<string, AccountQuota>
  /** When the next answer is looked at for limits, because the last one told none. */
  quotasLookMs?: number
}

/** A credential as quotas need it. */
export interface QuotaCredential {
  readonly name: string
  readonly weight: number
  readonly health: QuotaMemory & { readonly refusedUntilMs: number }
  /** Names the secret without containing it. */
  readonly account?: string | undefined
  readonly quota?: CredentialQuota | undefined
}

/** Limits that the operator declares. */
export interface CredentialQuota {
  /** The limits of a model that is not named. */
  readonly everyModel: DeclaredQuota | undefined
  readonly models: Readonly<Record<string, DeclaredQuota>>
}

export interface QuotaTarget<Credential> {
  readonly provider: string
  readonly model: string
  readonly credentials: readonly Credential[]
}

export interface QuotasOptions {
  readonly gossip: Gossip
  readonly clock: Clock
  readonly chance: Chance
  /** Names the buckets: the same on every node. */
  readonly hashKey: Uint8Array
  /** The waiters of one model at one provider. */
  readonly queueMax: number
}

/** What one request asks of a target. */
export interface QuotaAsk<Credential> {
  readonly target: QuotaTarget<Credential>
  /** The name of the only credential that may be used. */
  readonly pinned: string | undefined
  readonly use: QuotaUse
}

/** Models with limits of their own, for each credential. */
const modelsMax = 256
/** The time between two looks at answers that tell no limits. */
const lookAgainMs = 1_000

export class Quotas<Credential extends QuotaCredential> {
  readonly stats = new QuotaStats()
  readonly #options: QuotasOptions
  readonly #lanes = new Map<string, Lane<Credential>>()
  /** Every account that anything is known of. */
  readonly #accounts = new Map<AccountQuota, QuotaMemory>()

  constructor(options: QuotasOptions) {
    this.#options = options
  }

  get nowMs(): number {
    return this.#options.clock.monotonicMs()
  }

  get accounts(): Iterable<AccountQuota> {
    return this.#accounts.keys()
  }

  /** The waiters of each lane that has some, by provider and model. */
  *queues(): Iterable<readonly [provider: string, model: string, length: number]> {
    for (const [key, { length }] of this.#lanes) {
      const [provider = '', model = ''] = JSON.parse(key) as string[]
      if (length > 0) yield [provider, model, length]
    }
  }

  /** Whether anything is known that could hold up an attempt at the target. It is asked of every attempt. */
  governs({ credentials }: QuotaTarget<Credential>): boolean {
    for (const { health, quota } of credentials) if (health.quotas !== undefined || quota !== undefined) return true
    return false
  }

  /** Whether an attempt would begin at once, as far as is known. */
  hasRoom(ask: QuotaAsk<Credential>): boolean {
    const { target, pinned } = ask
    if (this.#lane(target, pinned)?.length) return false
    return this.#free(ask, this.#options.clock.monotonicMs()).length > 0
  }

  /** Takes what an attempt may use, of a credential that has room. Undefined: none has at once, or others wait already. */
  take(ask: QuotaAsk<Credential>): Grant<Credential> | undefined {
    const { target, pinned, use } = ask
    if (this.#lane(target, pinned)?.length) return undefined
    const nowMs = this.#options.clock.monotonicMs()
    const free = this.#free(ask, nowMs).filter(({ account }) => account?.isAsked(use) !== true)
    const taken = takeFirst(free, use, { nowMs, isWanted: false })
    return taken instanceof Grant ? taken : undefined
  }

  #free({ target, pinned, use }: QuotaAsk<Credential>, nowMs: number): readonly Candidate<Credential>[] {
    const candidates = this.#candidates(target, pinned, nowMs)
    return candidates.filter(({ account }) => account?.hasRoom(use, nowMs) !== false)
  }

  /** Queues an attempt, or answers after how long its caller may come again. */
  enter(
    { target, pinned, use }: QuotaAsk<Credential>,
    { tenant, waitMsMax }: { tenant: Tenant; waitMsMax: number },
    ends: WaiterEnds<Credential>,
  ): QueuedAttempt | TurnedAway {
    const lane = this.#lane(target, pinned) ?? this.#addLane(target, pinned)
    const candidates = this.#candidates(target, pinned, this.#options.clock.monotonicMs())
    const waiter = lane.enter({ tenant, use, cost: costOf(use), candidates, waitMsMax }, ends)
    return waiter instanceof Waiter ? { leave: () => lane.leave(waiter) } : waiter
  }

  /** Takes what the head of an answer tells. `grant` is that of the attempt that it answers. */
  observe(
    head: UpstreamHead,
    { target, credential, grant }: { target: Named; credential: Credential; grant: Grant<Credential> | undefined },
  ): void {
    const { health } = credential
    const nowMs = this.#options.clock.monotonicMs()
    const known = health.quotas?.get(target.model)
    const isLooked = known === undefined ? nowMs >= (health.quotasLookMs ?? 0) : known.isCurious(nowMs)
    // A rejection is believed about limits that other answers have told of. It may come from something in front of the provider.
    if (head.status === 429 ? known?.isTold !== true : !isLooked) return
    const readings = quotaReadings(head)
    if (readings.length === 0) health.quotasLookMs = nowMs + lookAgainMs
    else {
      const told = { isCounted: head.status !== 429, nowMs }
      if (grant !== undefined) grant.observe(readings, told)
      else this.#accountOf(target, credential).observe(readings, { ...told, reservation: undefined })
    }
  }

  /** The provider has rejected an attempt because of a limit. */
  rejected(target: Named, credential: Credential, rejection: Omit<Rejection, 'nowMs'>): void {
    const nowMs = this.#options.clock.monotonicMs()
    this.#accountOf(target, credential).rejected({ ...rejection, nowMs })
  }

  /** Forgets accounts that are not used any more, and lanes in which nobody waits. */
  forgetIdle(): void {
    const nowMs = this.#options.clock.monotonicMs()
    for (const [account, health] of this.#accounts) {
      if (!account.isIdle(nowMs)) continue
      this.#accounts.delete(account)
      health.quotas?.delete(account.name.model)
      if (health.quotas?.size === 0) delete health.quotas
    }
    for (const [key, { length }] of this.#lanes) if (length === 0) this.#lanes.delete(key)
  }

  // ── accounts and lanes ───────────────────────────────────────────────────────────────────────────────────────────

  /** The credentials that may be used, in an order drawn by weight, each with what is known of its account. */
  #candidates(
    target: QuotaTarget<Credential>,
    pinned: string | undefined,
    nowMs: number,
  ): readonly Candidate<Credential>[] {
    const named = pinned === undefined ? [] : target.credentials.filter(({ name }) => name === pinned)
    const all = named.length > 0 ? named : target.credentials
    const fit = all.filter(({ health }) => health.refusedUntilMs <= nowMs)
    const drawn = drawnByWeight(fit.length > 0 ? fit : all, this.#options.chance)
    return drawn.map((credential) => ({ credential, account: this.#knownAccount(target, credential) }))
  }

  #knownAccount(target: Named, credential: Credential): AccountQuota | undefined {
    const declared = declaredFor(credential, target.model)
    const known = credential.health.quotas?.get(target.model)
    if (known === undefined) return declared === undefined ? undefined : this.#accountOf(target, credential)
    known.declare(declared)
    return known
  }

  #accountOf({ provider, model }: Named, credential: Credential): AccountQuota {
    const { health, name, account = '' } = credential
    health.quotas ??= new Map()
    const { quotas } = health
    const known = quotas.get(model)
    if (known !== undefined) return known
    const { gossip } = this.#options
    const keyOf = (limit: string) => this.#keyOf([provider, name, account, model, limit])
    const made = new AccountQuota(
      { provider, credential: name, model },
      { gossip, keyOf },
      declaredFor(credential, model),
    )
    const [oldest] = quotas.values()
    if (quotas.size >= modelsMax && oldest !== undefined) {
      quotas.delete(oldest.name.model)
      this.#accounts.delete(oldest)
    }
    quotas.set(model, made)
    this.#accounts.set(made, health)
    return made
  }

  #keyOf(parts: readonly string[]): number {
    const text = JSON.stringify(['quota', ...parts])
    const digest = createHmac('sha256', this.#options.hashKey).update(text).digest()
    return digest.readUInt32BE(0) * 2 ** 21 + (digest.readUInt32BE(4) >>> 11)
  }

  #lane({ provider, model }: Named, pinned: string | undefined): Lane<Credential> | undefined {
    return this.#lanes.size === 0 ? undefined : this.#lanes.get(laneKey(provider, model, pinned))
  }

  #addLane({ provider, model }: Named, pinned: string | undefined): Lane<Credential> {
    const lane = new Lane<Credential>({
      clock: this.#options.clock,
      lengthMax: this.#options.queueMax,
      stats: this.stats,
    })
    this.#lanes.set(laneKey(provider, model, pinned), lane)
    return lane
  }
}

type Named = { readonly provider: string; readonly model: string }

/** An attempt that waits. */
export interface QueuedAttempt {
  leave(): void
}

function laneKey(provider: string, model: string, pinned = ''): string {
  return JSON.stringify([provider, model, pinned])
}

function declaredFor({ quota }: QuotaCredential, model: string): DeclaredQuota | undefined {
  return quota === undefined ? undefined : Object.hasOwn(quota.models, model) ? quota.models[model] : quota.everyModel
}

/** The first by weight among all, then the others. */
function drawnByWeight<Credential extends QuotaCredential>(
  all: readonly Credential[],
  chance: Chance,
): readonly Credential[] {
  if (all.length === 1) return all
  let left = chance() * all.reduce((sum, { weight }) => sum + weight, 0)
  const first = all.find(({ weight }) => {
    left -= weight
    return left < 0
  })
  return first === undefined ? all : [first, ...all.filter((one) => one !== first)]
}
