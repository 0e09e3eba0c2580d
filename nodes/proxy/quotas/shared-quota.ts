// One limit of an account at a provider: a bucket that all proxies share, which is refilled a little slower than the provider's own.
// What the provider says remains corrects this node's view of it; the other nodes hear it in answers of their own.
import { gossipTickMs } from '../../../cluster/gossip/bucket-node.ts'
import type { BucketRule, Charge, Shortage } from '../../../cluster/gossip/bucket-rule.ts'
import type { Gossip } from '../../../cluster/gossip/gossip.ts'
import { CountedFactor } from './counted-factor.ts'
import { amountOf, type QuotaUnit, type QuotaUse } from './quota-unit.ts'
import { ToldTime } from './told-time.ts'

/** The part of a limit that is used, so that estimates that are too low do not meet the provider's own. */
const usedPart = 0.985
/** The part of a bucket that one attempt may take, so that a large one fits at all. */
const takenPartMax = 0.9
/** A balance is raised to what the provider says only when it is lower by this part of the limit, and then by half. */
const raisedPartMin = 0.05
/** What is kept for tenants who take little: what comes in such a time, and at most a part of the bucket. */
const keptMs = 150
const keptPartMax = 0.05
/** What a node may take before it comes in, in the time in which it comes to all nodes. */
const overdrawnMs = 500
/** How long it takes until others hear of a charge of a bucket that is being used up. */
const unheardMs = 50
/** What a node has not used of its part can be used later, up to this long. */
const savedMs = 100

export interface QuotaTerms {
  readonly limit: number
  readonly windowMs: number
  /** The part of the limit that may be used at once. */
  readonly burst: number
  /** The limit is there again as a whole when a window begins. Else it comes back evenly. */
  readonly isFixed?: boolean
}

/** What an attempt has taken of one limit. */
export interface QuotaCharge {
  readonly charge: Charge
  readonly amount: number
  /** What was left behind it, in this node's view. */
  readonly left: number
}

export interface Taking {
  readonly nowMs: number
  /** Whether the other nodes know already that this one wants it. */
  readonly isWanted: boolean
  /** The attempt may take of what comes to this node later, because it is that of a tenant who takes little. */
  readonly mayOverdraw?: boolean
}

export interface SharedQuotaTools {
  readonly gossip: Gossip
  /** Names the bucket of the limit, and that in which nodes count what their attempts have used. */
  readonly key: number
  readonly usedKey: number
}

/** A sum: it is never used up, and every node hears the whole of it. */
const usedRule: BucketRule = { kind: 'gauge', capacity: 1e15, perMs: 0 }

export class SharedQuota {
  readonly unit: QuotaUnit
  readonly #key: number
  readonly #usedKey: number
  readonly #gossip: Gossip
  readonly #counted = new CountedFactor()
  #terms: QuotaTerms
  #rule: BucketRule
  /** What attempts of this node hold that have not ended. */
  #open = 0
  /** What this node may still take of its part of the refill. It may be less than nothing by one attempt, so that a node that takes little need
   *  not save up for it. */
  #credit = 0
  #creditMs = 0
  /** By how much the provider's word differs: the sum over the answers since the last correction, and their number. */
  #differs = 0
  #witnessed = 0
  readonly #toldOf = new ToldTime()
  /** What attempts of this node have used, as this gateway counts, that the others have not been told. */
  #used = 0
  #correctedMs = Number.NEGATIVE_INFINITY

  constructor(unit: QuotaUnit, terms: QuotaTerms, { key, usedKey, gossip }: SharedQuotaTools) {
    this.unit = unit
    this.#key = key
    this.#usedKey = usedKey
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
    const isSame = terms.limit === limit && terms.windowMs === windowMs && terms.burst === burst
    this.#terms = terms
    if (!isSame) this.#rule = ruleOf(terms)
  }

  /** What an attempt takes, as the provider counts. */
  amountOf(use: QuotaUse): number {
    return Math.min(this.#countedOf(use), Math.floor(this.#rule.capacity * takenPartMax))
  }

  #countedOf(use: QuotaUse): number {
    return Math.round(amountOf(this.unit, use) * this.#counted.factor)
  }

  /** What is left for all nodes. */
  remaining(nowMs: number): number {
    return this.#gossip.node.buckets.look(this.#slot(nowMs), { nowMs, window: 0 }).remaining
  }

  #slot(nowMs: number): number {
    return this.#gossip.node.buckets.slotOf(this.#key, this.#rule, nowMs)
  }

  /** Tells the other nodes how much this one wants: a part of all that comes in a time. */
  want(part: number, ms: number, nowMs: number): void {
    this.#gossip.node.buckets.want(this.#slot(nowMs), part * this.#rule.perMs * ms, { nowMs, window: 0 })
  }

  /** Whether another node has to be asked for what an attempt may use. */
  isAsked(use: QuotaUse): boolean {
    return this.#gossip.isAsked({ key: this.#key, rule: this.#rule, amount: this.amountOf(use) })
  }

  /** Takes what an attempt may use. A promise where another node has to be asked. */
  take(use: QuotaUse, taking: Taking): QuotaCharge | Shortage | Promise<QuotaCharge | Shortage> {
    const { nowMs, isWanted } = taking
    const amount = this.amountOf(use)
    this.#earn(nowMs)
    const missing = amount + this.#keptBack(taking) - this.remaining(nowMs)
    if (missing > 0) return { type: 'short', waitMs: missing / this.#rule.perMs }
    const taken = this.#gossip.charge({ key: this.#key, rule: this.#rule, amount, window: 0, nowMs, isWanted })
    if (taken instanceof Promise) return taken.then((late) => this.#taken(late, amount, nowMs))
    return this.#taken('slot' in taken ? taken : this.#takeByCredit(amount, taking, taken), amount, nowMs)
  }

  /** What is kept for tenants who take little, so that they need not wait until the balance is there. */
  #keptBack({ mayOverdraw }: Taking): number {
    const { perMs, capacity } = this.#rule
    return mayOverdraw === true ? 0 : Math.floor(Math.min(perMs * keptMs, capacity * keptPartMax))
  }

  /** Between two ticks a node takes its part of what is left. A small part of little is no whole attempt: the part of what comes in is saved. */
  #takeByCredit(amount: number, { nowMs, mayOverdraw }: Taking, short: Shortage): Charge | Shortage {
    const { buckets, members } = this.#gossip.node
    const least = mayOverdraw === true ? -this.#rule.perMs * overdrawnMs : 0
    if (members.count === 1 || this.#credit < least) return short
    return buckets.charge(this.#slot(nowMs), amount, { nowMs, window: 0, isWanted: true }, true)
  }

  #earn(nowMs: number): void {
    const { buckets } = this.#gossip.node
    const perMs = this.#rule.perMs
    const passedMs = this.#creditMs === 0 ? savedMs : nowMs - this.#creditMs
    this.#creditMs = nowMs
    this.#credit = Math.min(perMs * savedMs, this.#credit + buckets.shareOf(this.#slot(nowMs)) * perMs * passedMs)
  }

  #taken(taken: Charge | Shortage, amount: number, nowMs: number): QuotaCharge | Shortage {
    if (!('slot' in taken)) return taken
    this.#credit = Math.max(this.#credit - amount, -amount)
    this.#open += amount
    return { charge: taken, amount, left: this.remaining(nowMs) }
  }

  /** Ends a charge: the difference to what was used is taken or given back. `used` is undefined where nobody knows it. */
  settle({ charge, amount }: QuotaCharge, used: QuotaUse | undefined, nowMs: number): void {
    this.#open -= amount
    const end = used === undefined ? amount : this.#countedOf(used)
    this.#used += used === undefined ? amount / this.#counted.factor : amountOf(this.unit, used)
    if (end !== amount) this.#gossip.node.buckets.adjust(charge, end - amount, nowMs)
  }

  /** Ends a charge of an attempt that the provider has not counted. */
  giveBack({ charge, amount }: QuotaCharge, nowMs: number): void {
    this.#open -= amount
    this.#gossip.node.buckets.adjust(charge, -amount, nowMs)
  }

  /** Takes the provider's word for what remains when nothing is known of the limit but it. */
  begin(remaining: number, nowMs: number): void {
    this.#gossip.node.buckets.begin(this.#slot(nowMs), remaining)
  }

  /** Takes the provider's word for what remains. `charge` is that of the attempt. Answers overtake one another: those of one tick are
   *  believed together. */
  witness(
    remaining: number,
    charge: QuotaCharge | undefined,
    { isCounted, nowMs }: { isCounted: boolean; nowMs: number },
  ): void {
    // What this node has charged for an attempt that the provider rejected is not missing there.
    const extra = isCounted ? 0 : (charge?.amount ?? 0)
    const now = remaining - this.remaining(nowMs) - extra
    this.#differs += charge === undefined ? now : this.#toldOf.difference(remaining - charge.left - extra, now)
    this.#witnessed++
    if (nowMs - this.#correctedMs < gossipTickMs) return
    this.#learn(remaining, nowMs)
    this.#correct(nowMs)
    this.#correctedMs = nowMs
    this.#differs = 0
    this.#witnessed = 0
  }

  #learn(remaining: number, nowMs: number): void {
    const { limit, windowMs, isFixed } = this.#terms
    const { buckets } = this.#gossip.node
    const slot = buckets.slotOf(this.#usedKey, usedRule, nowMs)
    const used = Math.round(this.#used)
    this.#used -= used
    buckets.correct(slot, used, nowMs)
    const witnessed = { remaining, used: buckets.charged(slot), nowMs }
    this.#counted.learn(witnessed, { limit, perMs: isFixed === true ? 0 : limit / windowMs })
  }

  #correct(nowMs: number): void {
    const { buckets, members } = this.#gossip.node
    const slot = this.#slot(nowMs)
    // What the others have sent just now is not heard yet.
    const unheard = this.#rule.perMs * unheardMs * (1 - 1 / members.count)
    const differs = this.#differs / this.#witnessed
    const change = differs < -unheard ? differs + unheard : this.#raise(differs)
    if (change !== 0) buckets.correct(slot, -change / members.count, nowMs)
  }

  /** What this node and the others have sent is not yet counted by a provider that counts at the end. */
  #raise(more: number): number {
    // A window that begins anew has it all at once. It is used evenly.
    if (this.#terms.isFixed === true) return 0
    const certain = more - this.#open * this.#gossip.node.members.count
    return certain > this.#terms.limit * raisedPartMin ? certain / 2 : 0
  }
}

function ruleOf({ limit, windowMs, burst }: QuotaTerms): BucketRule {
  return { kind: 'flow', isAgreed: true, capacity: Math.max(1, limit * burst), perMs: (limit * usedPart) / windowMs }
}
