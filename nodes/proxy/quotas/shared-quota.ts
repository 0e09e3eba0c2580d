// One limit of an account at a provider: a bucket that all proxies share, which is refilled a little slower than the provider's own.
// What the provider says remains corrects this node's view of it; the other nodes hear it in answers of their own.
import type { BucketRule, Charge, Shortage } from '../../../cluster/gossip/bucket-rule.ts'
import type { Gossip } from '../../../cluster/gossip/gossip.ts'
import { amountOf, type QuotaUnit, type QuotaUse } from './quota-unit.ts'

/** The part of a limit that is used, so that estimates that are too low do not meet the provider's own. */
const usedPart = 0.98
/** The part of a bucket that one attempt may take, so that a large one fits at all. */
const takenPartMax = 0.9
/** A balance is raised to what the provider says only when it is lower by this part of the limit, and then by half. */
const raisedPartMin = 0.05

export interface QuotaTerms {
  readonly limit: number
  readonly windowMs: number
  /** The part of the limit that may be used at once. */
  readonly burst: number
}

/** What an attempt has taken of one limit. */
export interface QuotaCharge {
  readonly charge: Charge
  readonly amount: number
  /** What was left behind it, in this node's view. */
  readonly left: number
}

export class SharedQuota {
  readonly unit: QuotaUnit
  readonly #key: number
  readonly #gossip: Gossip
  #terms: QuotaTerms
  #rule: BucketRule
  /** What attempts of this node hold that have not ended. */
  #open = 0

  constructor(unit: QuotaUnit, terms: QuotaTerms, { key, gossip }: { key: number; gossip: Gossip }) {
    this.unit = unit
    this.#key = key
    this.#gossip = gossip
    this.#terms = terms
    this.#rule = ruleOf(terms)
  }

  get limit(): number {
    return this.#terms.limit
  }

  get windowMs(): number {
    return this.#terms.windowMs
  }

  get open(): number {
    return this.#open
  }

  /** What this node may use in a millisecond, where all nodes want as much. */
  get perMs(): number {
    return this.#rule.perMs / this.#gossip.node.members.count
  }

  setTerms(terms: QuotaTerms): void {
    const { limit, windowMs, burst } = this.#terms
    if (terms.limit === limit && terms.windowMs === windowMs && terms.burst === burst) return
    this.#terms = terms
    this.#rule = ruleOf(terms)
  }

  amountOf(use: QuotaUse): number {
    return Math.min(amountOf(this.unit, use), Math.floor(this.#rule.capacity * takenPartMax))
  }

  /** What is left for all nodes. */
  remaining(nowMs: number): number {
    const { buckets } = this.#gossip.node
    return buckets.look(buckets.slotOf(this.#key, this.#rule, nowMs), { nowMs, window: 0 }).remaining
  }

  /** Whether another node has to be asked for what an attempt may use. */
  isAsked(use: QuotaUse): boolean {
    return this.#gossip.isAsked({ key: this.#key, rule: this.#rule, amount: this.amountOf(use) })
  }

  /** Takes what an attempt may use. A promise where another node has to be asked. */
  take(use: QuotaUse, nowMs: number): QuotaCharge | Shortage | Promise<QuotaCharge | Shortage> {
    const amount = this.amountOf(use)
    const taken = this.#gossip.charge({ key: this.#key, rule: this.#rule, amount, window: 0 })
    if (taken instanceof Promise) return taken.then((late) => this.#taken(late, amount, nowMs))
    return this.#taken(taken, amount, nowMs)
  }

  #taken(taken: Charge | Shortage, amount: number, nowMs: number): QuotaCharge | Shortage {
    if (!('slot' in taken)) return taken
    this.#open += amount
    return { charge: taken, amount, left: this.remaining(nowMs) }
  }

  /** Ends a charge: the difference to what was used is taken or given back. */
  settle({ charge, amount }: QuotaCharge, used: number, nowMs: number): void {
    this.#open -= amount
    if (used !== amount) this.#gossip.node.buckets.adjust(charge, used - amount, nowMs)
  }

  /** Takes the provider's word for what remains. `left` is what this node thought when it sent the attempt. The head of an answer may tell of
   *  that time or of now: what differs from both is corrected. */
  correct(remaining: number, left: number, nowMs: number): void {
    const { buckets } = this.#gossip.node
    const now = this.remaining(nowMs)
    const [low, high] =
      remaining - left < remaining - now ? [remaining - left, remaining - now] : [remaining - now, remaining - left]
    const change = high < 0 ? high : this.#raise(low)
    if (change !== 0) buckets.correct(buckets.slotOf(this.#key, this.#rule, nowMs), change, nowMs)
  }

  /** What this node and the others have sent is not yet counted by a provider that counts at the end. */
  #raise(more: number): number {
    const certain = more - this.#open * this.#gossip.node.members.count
    return certain > this.#terms.limit * raisedPartMin ? certain / 2 : 0
  }
}

function ruleOf({ limit, windowMs, burst }: QuotaTerms): BucketRule {
  return { kind: 'flow', capacity: Math.max(1, limit * burst), perMs: (limit * usedPart) / windowMs }
}
