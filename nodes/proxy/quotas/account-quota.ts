// What one credential may use of one model at its provider: limits that the operator declared or that answers told, a pace where neither
// is there and the provider rejects, and the time until which it wants to be left alone.
import type { Gossip } from '../../../cluster/gossip/gossip.ts'
import { LearnedPace } from './learned-pace.ts'
import type { QuotaReading } from './quota-headers.ts'
import { costOf, type QuotaUnit, type QuotaUse } from './quota-unit.ts'
import { type Rejection, Rejections } from './rejections.ts'
import { type QuotaCharge, SharedQuota, type Taking } from './shared-quota.ts'

/** Limits in a minute, as the operator declares them. */
export type DeclaredQuota = Readonly<Partial<Record<QuotaUnit, number>>>

export interface AccountName {
  readonly provider: string
  readonly credential: string
  readonly model: string
}

export interface AccountTools {
  readonly gossip: Gossip
  /** Names the bucket of one of the account's limits: the same on every node. */
  readonly keyOf: (limit: string) => number
}

/** What an attempt has taken of an account. It is settled once. */
export interface Reservation {
  readonly use: QuotaUse
  readonly charges: ReadonlyMap<SharedQuota, QuotaCharge>
}

/** The wait until an account may have room. */
export interface NoRoom {
  readonly waitMs: number
}

/** Limits of one account; a provider that invents names gets no more. */
const limitsMax = 12
/** Limits that nobody tells are enforced in ways that nobody knows: little may be used at once. */
const declaredTerms = { windowMs: 60_000, burst: 0.1 } as const
const defaultWindowMs = 60_000
/** The time between two looks at answers while there is plenty, which is more than this part of each limit. */
const lookMs = 100
const plentyPart = 0.5
/** An account that is not used for so long is forgotten. */
const idleMs = 3_600_000

export class AccountQuota {
  readonly name: AccountName
  readonly #tools: AccountTools
  readonly #limits = new Map<string, SharedQuota>()
  /** The window that the last answer implied, where it differs from the one in use: it counts when the next one implies it too. */
  readonly #implied = new Map<string, number>()
  #pace: { readonly requests: LearnedPace; readonly tokens: LearnedPace } | undefined
  #declared: DeclaredQuota | undefined
  readonly #rejections = new Rejections()
  /** When the account was last used, and when its answers are looked at again. */
  #usedMs = 0
  #lookMs = 0

  constructor(name: AccountName, tools: AccountTools, declared: DeclaredQuota | undefined) {
    this.name = name
    this.#tools = tools
    this.declare(declared)
  }

  /** The limits, by name. */
  get limits(): ReadonlyMap<string, SharedQuota> {
    return this.#limits
  }

  isIdle(nowMs: number): boolean {
    return nowMs - this.#usedMs > idleMs
  }

  /** Whether the next answer is to be looked at: every one while a limit is being used up, else some. */
  isCurious(nowMs: number): boolean {
    return nowMs >= this.#lookMs
  }

  /** Enforces what the operator declares, in the place of what was declared before. */
  declare(declared: DeclaredQuota | undefined): void {
    if (declared === this.#declared) return
    this.#declared = declared
    for (const unit of ['requests', 'tokens', 'inputTokens', 'outputTokens'] as const) {
      const limit = declared?.[unit]
      const name = declaredPrefix + unit
      if (limit === undefined) this.#limits.delete(name)
      else this.#set(name, unit, { limit, ...declaredTerms })
    }
  }

  /** Takes what an attempt may use of every limit, or of none. */
  take(use: QuotaUse, taking: Taking): Reservation | NoRoom | Promise<Reservation | NoRoom> {
    const { nowMs } = taking
    this.#usedMs = nowMs
    const waitMs = this.waitMs(nowMs)
    if (waitMs > 0) return { waitMs }
    return this.#takeFrom(use, [...this.#limits.values()], new Map(), taking)
  }

  #takeFrom(
    use: QuotaUse,
    limits: readonly SharedQuota[],
    charges: Map<SharedQuota, QuotaCharge>,
    taking: Taking,
  ): Reservation | NoRoom | Promise<Reservation | NoRoom> {
    const { nowMs } = taking
    for (const [index, limit] of limits.entries()) {
      const taken = limit.take(use, taking)
      if (taken instanceof Promise) {
        const rest = limits.slice(index + 1)
        return taken.then((late) => {
          const refused = this.#note(limit, late, charges, nowMs)
          return refused ?? this.#takeFrom(use, rest, charges, taking)
        })
      }
      const refused = this.#note(limit, taken, charges, nowMs)
      if (refused !== undefined) return refused
    }
    this.#pace?.requests.take(1)
    this.#pace?.tokens.take(use.input + use.output)
    return { use, charges }
  }

  /** Notes what was taken of one limit. Where it has too little, the others get theirs back. */
  #note(
    limit: SharedQuota,
    taken: Awaited<ReturnType<SharedQuota['take']>>,
    charges: Map<SharedQuota, QuotaCharge>,
    nowMs: number,
  ): NoRoom | undefined {
    if ('charge' in taken) {
      charges.set(limit, taken)
      return undefined
    }
    for (const [other, charge] of charges) other.giveBack(charge, nowMs)
    return { waitMs: taken.type === 'short' ? Math.max(1, taken.waitMs) : defaultWindowMs }
  }

  /** Tells the other nodes how much this one wants: a part of all that comes in a time. */
  want(part: number, ms: number, nowMs: number): void {
    for (const limit of this.#limits.values()) limit.want(part, ms, nowMs)
  }

  /** The wait until the provider takes anything; 0: it does now. */
  waitMs(nowMs: number): number {
    if (this.#pace !== undefined && nowMs - this.#pace.tokens.heldUpMs > paceKeptMs) this.#pace = undefined
    const paceMs = Math.max(this.#pace?.requests.waitMs(nowMs) ?? 0, this.#pace?.tokens.waitMs(nowMs) ?? 0)
    return Math.max(paceMs, this.#rejections.untilMs - nowMs, 0)
  }

  /** Whether the provider has asked to be left alone. */
  isLeftAlone(nowMs: number): boolean {
    return this.#rejections.untilMs > nowMs
  }

  /** Whether another node has to be asked before an attempt. */
  isAsked(use: QuotaUse): boolean {
    for (const limit of this.#limits.values()) if (limit.isAsked(use)) return true
    return false
  }

  /** Whether an attempt would fit, as far as this node knows. */
  hasRoom(use: QuotaUse, nowMs: number): boolean {
    if (this.waitMs(nowMs) > 0) return false
    for (const limit of this.#limits.values()) if (limit.remaining(nowMs) < limit.amountOf(use)) return false
    return true
  }

  /** The cost that the account takes in a millisecond by what this node may use; undefined where nobody knows it. */
  costPerMs(use: QuotaUse): number | undefined {
    let least = this.#pace?.tokens.perMs
    for (const limit of this.#limits.values()) {
      const amount = limit.amountOf(use)
      if (amount === 0) continue
      const perMs = (limit.perMs * costOf(use)) / amount
      if (least === undefined || perMs < least) least = perMs
    }
    return least
  }

  /** Ends an attempt. `used` is what the provider has counted; undefined where that is not known, and what was taken stays taken. */
  settle(
    reservation: Reservation,
    used: QuotaUse | undefined,
    { isCounted, nowMs }: { isCounted: boolean; nowMs: number },
  ): void {
    const { use, charges } = reservation
    for (const [limit, charge] of charges) {
      if (isCounted) limit.settle(charge, used, nowMs)
      else limit.giveBack(charge, nowMs)
    }
    const end = used ?? use
    this.#pace?.requests.adjust(isCounted ? 0 : -1)
    this.#pace?.tokens.adjust((isCounted ? end.input + end.output : 0) - use.input - use.output)
    if (!isCounted) return
    this.#rejections.answered()
    this.#pace?.requests.took(1, nowMs)
    this.#pace?.tokens.took(end.input + end.output, nowMs)
  }

  /** Takes what an answer tells of the limits. `reservation` is that of the attempt that it answers; a
   *  rejected one is not counted in what it tells. */
  observe(
    readings: readonly QuotaReading[],
    { reservation, isCounted, nowMs }: { reservation: Reservation | undefined; isCounted: boolean; nowMs: number },
  ): void {
    this.#usedMs = nowMs
    this.#lookMs = nowMs + lookMs
    for (const { name, unit, limit, remaining, windowMs, isFixed = false } of readings) {
      const known = this.#limits.get(name)
      if (known === undefined && this.#limits.size >= limitsMax) continue
      const terms = { limit, windowMs: this.#windowOf(name, windowMs, known), burst: 1, isFixed }
      const quota = this.#set(name, unit, terms)
      if (known === undefined) quota.begin(remaining, nowMs)
      else quota.witness(remaining, reservation?.charges.get(quota), { isCounted, nowMs })
      if (quota.remaining(nowMs) < limit * plentyPart) this.#lookMs = 0
    }
  }

  #windowOf(name: string, told: number | undefined, known: SharedQuota | undefined): number {
    if (told === undefined || told === known?.windowMs) {
      this.#implied.delete(name)
      return known?.windowMs ?? defaultWindowMs
    }
    if (known === undefined || this.#implied.get(name) === told) return told
    this.#implied.set(name, told)
    return known.windowMs
  }

  #set(name: string, unit: QuotaUnit, terms: Parameters<SharedQuota['setTerms']>[0]): SharedQuota {
    const known = this.#limits.get(name)
    known?.setTerms(terms)
    if (known !== undefined) return known
    const { gossip, keyOf } = this.#tools
    const made = new SharedQuota(unit, terms, {
      gossip,
      key: keyOf(name),
      usedKey: keyOf(`${name} used`),
    })
    this.#limits.set(name, made)
    return made
  }

  /** The provider has rejected an attempt because of a limit. */
  rejected(rejection: Rejection): void {
    const { isAsked, nowMs } = rejection
    const isExplained = this.#hasUsedUp(nowMs)
    const isSure = isExplained || (isAsked && this.isTold) || this.#pace !== undefined
    if (!this.#rejections.add(rejection, isSure) || isExplained) return
    this.#pace ??= { requests: new LearnedPace(nowMs), tokens: new LearnedPace(nowMs) }
    this.#pace.requests.rejected(nowMs)
    this.#pace.tokens.rejected(nowMs)
  }

  /** Whether answers tell limits. */
  get isTold(): boolean {
    for (const name of this.#limits.keys()) if (!name.startsWith(declaredPrefix)) return true
    return false
  }

  /** Whether a limit that answers tell is used up: it explains a rejection. */
  #hasUsedUp(nowMs: number): boolean {
    for (const [name, limit] of this.#limits) {
      if (!name.startsWith(declaredPrefix) && limit.remaining(nowMs) < limit.limit * usedUpPart) return true
    }
    return false
  }
}

/** A pace that has held nobody up for so long is forgotten. */
const paceKeptMs = 600_000
/** The names of limits that the operator declares begin with it. */
const declaredPrefix = 'declared '
/** A limit of which no more than this part is left counts as used up. */
const usedUpPart = 0.05
