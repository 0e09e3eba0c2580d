// The queue in front of one model at one provider. Whoever waits goes in its fair turn as soon as a credential has room, is told to come
// again when its time is up, and leaves when its caller does.
import type { Clock, Timer } from '../../../shared/clock.ts'
import type { Tenant } from '../auth/tenant.ts'
import type { NoRoom } from './account-quota.ts'
import { type Candidate, type Grant, takeFirst } from './grant.ts'
import type { QuotaUse } from './quota-unit.ts'
import { ServedParts, ServedRate } from './served.ts'
import { type QueueEntry, WeightedQueue } from './weighted-queue.ts'

export interface LaneTools {
  readonly clock: Clock
  readonly lengthMax: number
  readonly stats: LaneStats
}

/** What is counted of all lanes. */
export interface LaneStats {
  waited(ms: number): void
  shed(): void
}

export interface Asked<Credential> {
  readonly tenant: Tenant
  readonly use: QuotaUse
  readonly cost: number
  readonly candidates: readonly Candidate<Credential>[]
  /** The longest wait. */
  readonly waitMsMax: number
}

/** Called once, unless the waiter leaves before. */
export interface WaiterEnds<Credential> {
  onGranted(grant: Grant<Credential>): void
  /** There is no room in time; the caller may come again after a while. */
  onShed(away: TurnedAway): void
}

/** There is no room in time. */
export interface TurnedAway {
  readonly retryAfterMs: number
  /** The provider itself has asked to be left alone for so long. */
  readonly isByProvider: boolean
}

/** The shortest and the longest time between two looks at the accounts. */
const lookMsMin = 5
const lookMsMax = 100
/** The shortest wait that callers are told. */
const retryMsMin = 500

export class Waiter<Credential> implements QueueEntry {
  readonly tenant: Tenant
  readonly cost: number
  readonly asked: Asked<Credential>
  readonly sinceMs: number
  readonly #ends: WaiterEnds<Credential>
  #isOver = false

  constructor(asked: Asked<Credential>, ends: WaiterEnds<Credential>, nowMs: number) {
    this.tenant = asked.tenant
    this.cost = asked.cost
    this.asked = asked
    this.sinceMs = nowMs
    this.#ends = ends
  }

  get dueMs(): number {
    return this.sinceMs + this.asked.waitMsMax
  }

  get isOver(): boolean {
    return this.#isOver
  }

  leave(): void {
    this.#isOver = true
  }

  grant(grant: Grant<Credential>): void {
    this.#isOver = true
    this.#ends.onGranted(grant)
  }

  shed(away: TurnedAway): void {
    this.#isOver = true
    this.#ends.onShed(away)
  }
}

export class Lane<Credential> {
  readonly #tools: LaneTools
  readonly #queue = new WeightedQueue<Waiter<Credential>>()
  readonly #rate = new ServedRate()
  #wantedMs = 0
  readonly #parts = new ServedParts()
  #timer: { readonly dueMs: number; readonly timer: Timer } | undefined
  /** Whether another node is being asked for the waiter whose turn it is. */
  #isAsking = false

  constructor(tools: LaneTools) {
    this.#tools = tools
  }

  get length(): number {
    return this.#queue.length
  }

  /** Queues a waiter, or answers after how long it may come again. */
  enter(asked: Asked<Credential>, ends: WaiterEnds<Credential>): Waiter<Credential> | TurnedAway {
    const nowMs = this.#tools.clock.monotonicMs()
    if (this.#queue.length === 0) this.#rate.begin(nowMs)
    const waitMs = this.#expectedMs(asked, nowMs)
    if (waitMs > asked.waitMsMax) return this.#turnAway(asked, waitMs, nowMs)
    if (this.#queue.length >= this.#tools.lengthMax && !this.#makeRoom(asked.tenant, nowMs))
      return this.#turnAway(asked, waitMs, nowMs)
    const waiter = new Waiter(asked, ends, nowMs)
    this.#queue.add(waiter)
    this.#want(nowMs)
    if (this.#queue.length === 1 && !this.#isAsking) this.#serve(nowMs)
    return waiter
  }

  leave(waiter: Waiter<Credential>): void {
    waiter.leave()
    this.#queue.remove(waiter)
  }

  #turnAway({ candidates }: Asked<Credential>, waitMs: number, nowMs: number): TurnedAway {
    this.#tools.stats.shed()
    const isByProvider = candidates.every(({ account }) => account?.isLeftAlone(nowMs) === true)
    return { retryAfterMs: Math.max(retryMsMin, Math.ceil(waitMs)), isByProvider }
  }

  /** Sends away the last of the tenant that waits most; false where that is the newcomer's own. */
  #makeRoom(tenant: Tenant, nowMs: number): boolean {
    const last = this.#queue.lastOfLongest()
    if (last === undefined || last.tenant.id === tenant.id) return false
    this.#shed(last, nowMs)
    return true
  }

  #shed(waiter: Waiter<Credential>, nowMs: number): void {
    this.#queue.remove(waiter)
    const away = this.#turnAway(waiter.asked, this.#expectedMs(waiter.asked, nowMs), nowMs)
    this.#tools.stats.waited(nowMs - waiter.sinceMs)
    waiter.shed(away)
  }

  /** When a newcomer would be served: not before an account takes anything, and after those whose turn is earlier. */
  #expectedMs(asked: Asked<Credential>, nowMs: number): number {
    let blockedMs = Number.POSITIVE_INFINITY
    let knownPerMs = 0
    for (const { account } of asked.candidates) {
      blockedMs = Math.min(blockedMs, account?.waitMs(nowMs) ?? 0)
      knownPerMs += account?.costPerMs(asked.use) ?? 0
    }
    const perMs = this.#rate.perMs ?? knownPerMs
    // Whoever comes first finds out how fast it goes.
    if (this.#queue.length === 0 || !(perMs > 0)) return blockedMs
    return blockedMs + this.#queue.costUntil(asked) / perMs
  }

  // ── serving ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Looks at the accounts after a while, or sooner where that is planned already. */
  #lookIn(ms: number): void {
    if (this.#queue.length === 0) return
    const { clock } = this.#tools
    const dueMs = clock.monotonicMs() + Math.min(lookMsMax, Math.max(lookMsMin, ms))
    if (this.#timer !== undefined && this.#timer.dueMs <= dueMs) return
    this.#timer?.timer.cancel()
    const timer = clock.after(dueMs - clock.monotonicMs(), () => this.#look())
    this.#timer = { dueMs, timer }
  }

  #look(): void {
    this.#timer = undefined
    const nowMs = this.#tools.clock.monotonicMs()
    for (const waiter of [...this.#queue.all()]) if (waiter.dueMs <= nowMs) this.#shed(waiter, nowMs)
    this.#rate.look(nowMs)
    this.#want(nowMs)
    if (this.#isAsking) this.#lookIn(lookMsMax)
    else this.#serve(nowMs)
  }

  /** Tells the accounts what is wanted: each tenant that waits wants its weight in all that comes, but no more than it has asked for. */
  #want(nowMs: number): void {
    const first = this.#queue.peek()
    const passedMs = nowMs - this.#wantedMs
    if (first === undefined || passedMs < lookMsMax) return
    this.#wantedMs = nowMs
    for (const { account } of first.asked.candidates) {
      const perMs = account?.costPerMs(first.asked.use) ?? 0
      if (perMs > 0) account?.want(this.#queue.wantedPart(perMs * lookMsMax), lookMsMax, nowMs)
    }
  }

  #serve(nowMs: number): void {
    for (let waiter = this.#queue.peek(); waiter !== undefined; waiter = this.#queue.peek()) {
      const taken = takeFirst(waiter.asked.candidates, waiter.asked.use, {
        nowMs,
        isWanted: true,
        mayOverdraw: this.#parts.isLow(waiter.tenant, nowMs),
      })
      if (taken instanceof Promise) {
        this.#isAsking = true
        this.#serveLate(waiter, taken)
        this.#lookIn(lookMsMax)
        return
      }
      if (!this.#hand(waiter, taken, nowMs)) return
    }
  }

  /** Serves a waiter when another node has answered. */
  #serveLate(waiter: Waiter<Credential>, taking: Promise<Grant<Credential> | NoRoom>): void {
    const end = (taken: Grant<Credential> | NoRoom) => {
      this.#isAsking = false
      const nowMs = this.#tools.clock.monotonicMs()
      if (this.#hand(waiter, taken, nowMs)) this.#serve(nowMs)
    }
    taking.then(end, () => end({ waitMs: lookMsMax }))
  }

  /** Hands over what was taken. Answers whether there may be more. The waiter may have left meanwhile. */
  #hand(waiter: Waiter<Credential>, taken: Grant<Credential> | NoRoom, nowMs: number): boolean {
    if ('waitMs' in taken) {
      this.#lookIn(taken.waitMs)
      return false
    }
    if (waiter.isOver) {
      taken.giveBack(nowMs)
      return true
    }
    this.#queue.take(waiter)
    this.#rate.served(waiter.cost)
    this.#parts.served(waiter.tenant, waiter.cost, nowMs)
    this.#tools.stats.waited(nowMs - waiter.sinceMs)
    waiter.grant(taken)
    return true
  }
}
