// The buckets of a node in a cluster that relays: a node takes from what it was granted, and asks its parent for more before it needs
// it. What it tells is the whole of what it and those behind it have spent and hold, so a frame that comes twice, late or not at all
// does no harm; what it is granted is told in all as well. A grant counts at the parent from the moment at which it is made, and is
// believed to be returned when the child says so after it has heard the last grant.
import type { BucketRule } from '../bucket-rule.ts'
import { demandMin } from '../bucket-shares.ts'
import { at, type BucketSlots } from '../bucket-slots.ts'
import { SlotQueue } from '../slot-queue.ts'
import { ChildRows, noRow } from './child-rows.ts'
import { LeasePool } from './lease-pool.ts'
import { freshFlag, movedFlag, RelayColumns, ruleToldFlag, vouchedFlag } from './relay-columns.ts'
import type { Granted, Told } from './relay-frame.ts'

/** Where parents and children are. Links are numbers. */
export interface TreeLinks {
  /** The nodes that share the buckets. */
  readonly nodes: number
  /** The link to the parent; undefined where this node is the root. */
  parentOf(key: number): number | undefined
  /** The part of the nodes that the root of a bucket hears. */
  partOf(key: number): number
  /** The time for which a node should hold enough, so that what it asks for comes before it needs it. */
  comfortMs(link: number | undefined): number
  /** Whether something came from a node just now. */
  isHeard(link: number): boolean
  report(link: number, slot: number, isUrgent: boolean): void
  answer(link: number, row: number, isUrgent: boolean): void
}

export interface TreeOptions {
  readonly slots: BucketSlots
  readonly links: TreeLinks
  readonly rowsMax: number
  /** A child was not listened to, because there are too many. */
  onFull(): void
}

export interface Ask {
  readonly amount: number
  readonly isOwner: boolean
  readonly nowMs: number
}

/** The part of a full bucket that all nodes together may take before they are granted anything, where much is left. */
const vouchedPart = 0.1
const vouchedAbove = 0.25
/** The time in which a new root learns from its children. */
const youngMs = 2_000
/** While the parent does not answer, a node does not know what the others have spent, and takes nothing to have come back. */
const unansweredMs = 500
/** Answers that take longer are slow, and a node does not wait for them to use its even part. */
const slowMs = 1_500
const slowMsMax = 60_000
const slowPart = 1

export class LeaseTree {
  readonly rows: ChildRows
  readonly columns = new RelayColumns()
  readonly #slots: BucketSlots
  readonly #links: TreeLinks
  readonly #pool: LeasePool
  readonly #onFull: () => void
  /** Buckets of which somebody wants more than there is. */
  readonly #hungry = new SlotQueue()

  constructor({ slots, links, rowsMax, onFull }: TreeOptions) {
    this.#slots = slots
    this.#links = links
    this.#onFull = onFull
    this.rows = new ChildRows(rowsMax)
    this.#pool = new LeasePool({ slots, rows: this.rows, columns: this.columns })
    this.columns.ensure(slots.columns.size)
    for (const slot of slots.all()) this.#begin(slot, false)
  }

  /** A bucket that is used for the first time, or whose rule changes by an amount. */
  bind(slot: number, rule: BucketRule, added: number | undefined): void {
    this.columns.ensure(this.#slots.columns.size)
    if (added === undefined) return this.#begin(slot, true)
    const { flags, free } = this.columns
    flags[slot] = at(flags, slot) & ~ruleToldFlag
    if (this.#isRoot(slot) && rule.kind !== 'gauge') free[slot] = at(free, slot) + added
  }

  /** Brings a bucket up to now: who is its parent, and what has come since. */
  bring(slot: number, rule: BucketRule, nowMs: number): void {
    const { columns } = this.#slots
    this.#settle(slot, rule, nowMs)
    if (rule.kind === 'gauge') return this.#count(slot, rule, nowMs)
    if (this.#isRoot(slot))
      return this.#pool.mint(slot, rule, { nowMs, part: this.#links.partOf(at(columns.key, slot)) })
    const askedMs = at(this.columns.askedMs, slot)
    const untilMs = askedMs === 0 ? nowMs : Math.min(nowMs, askedMs + unansweredMs)
    const passedMs = Math.max(0, untilMs - at(columns.refilledMs, slot))
    columns.refilledMs[slot] = nowMs
    columns.balance[slot] = Math.min(rule.capacity, at(columns.balance, slot) + rule.perMs * passedMs)
  }

  /** The amount that is missing for a charge: 0 or below when there is enough. */
  missing(slot: number, rule: BucketRule, { amount, isOwner, nowMs }: Ask): number {
    if (rule.kind === 'gauge') return amount - at(this.#slots.columns.balance, slot)
    this.#pool.ask(slot, amount, nowMs)
    const wants = this.#wants(slot, nowMs)
    if (isOwner) return amount - this.#room(slot) - Math.max(0, at(this.columns.free, slot))
    if (this.#room(slot) < amount) this.#pool.serveOwn(slot, wants)
    if (this.#room(slot) < amount) this.#vouch(slot, rule, { amount, nowMs })
    const missing = amount - this.#room(slot)
    if (missing > 0) {
      this.#hungry.add(slot)
      if (at(this.columns.askedMs, slot) === 0) this.columns.askedMs[slot] = nowMs
    }
    if (missing > 0 || this.#room(slot) - amount < wants / 2) this.#report(slot, true)
    return missing
  }

  take(slot: number, amount: number): void {
    const { columns } = this.#slots
    columns.balance[slot] = at(columns.balance, slot) - amount
    this.spend(slot, amount)
    const lacking = at(columns.net, slot) - at(this.columns.own, slot)
    if (lacking <= 0 || this.#slots.ruleAt(slot)?.kind === 'gauge') return
    // The one that decides for all takes from what is promised to nobody.
    const { free, own, held } = this.columns
    free[slot] = at(free, slot) - lacking
    own[slot] = at(own, slot) + lacking
    held[slot] = at(held, slot) + lacking
  }

  /** Notes what this node has spent (`amount` above 0) or given back. */
  spend(slot: number, amount: number): void {
    const { used, held } = this.columns
    used[slot] = at(used, slot) + amount
    if (this.#slots.ruleAt(slot)?.kind === 'gauge') this.#answerAll(slot)
    else held[slot] = at(held, slot) - amount
    this.#report(slot, false)
  }

  /** A new window: nobody has anything of it yet. */
  beginWindow(slot: number): void {
    for (let row = at(this.columns.first, slot) - 1; row !== noRow; row = at(this.columns.first, slot) - 1)
      this.rows.remove(row, this.columns.first)
    this.#begin(slot, true)
  }

  forget(slot: number): void {
    this.beginWindow(slot)
    this.columns.clear(slot)
  }

  /** Gives what has come to those who lack something. */
  tick(nowMs: number): void {
    for (let left = this.#hungry.length; left > 0; left--) {
      const slot = this.#hungry.next()
      const rule = slot === undefined ? undefined : this.#slots.ruleAt(slot)
      if (slot !== undefined && rule !== undefined) this.#serveAll(slot, rule, nowMs)
    }
  }

  /** Everything that is not at rest is told, so that whoever missed a frame hears it later. */
  sync(slot: number): void {
    const { held, free, used, toldUsed, toldDemand } = this.columns
    if (this.#slots.ruleAt(slot) === undefined) return
    const isAtRest = at(held, slot) + at(free, slot) === 0 && at(toldDemand, slot) === 0
    if (!isAtRest || at(used, slot) !== at(toldUsed, slot)) this.#report(slot, false)
  }

  /** What this node tells its parent about a bucket. */
  toldOf(slot: number, nowMs: number): Told | undefined {
    const rule = this.#slots.ruleAt(slot)
    if (rule === undefined) return undefined
    this.bring(slot, rule, nowMs)
    const wants = this.#giveBack(slot, rule, nowMs)
    const { columns } = this.#slots
    const { flags, used, held, free } = this.columns
    const { kind, capacity, perMs } = rule
    const demand = this.#pool.ofChildren(slot).demand + this.#pool.demandOf(slot, nowMs)
    flags[slot] = at(flags, slot) & ~vouchedFlag
    if (at(this.columns.askedMs, slot) === 0) this.columns.askedMs[slot] = nowMs
    this.columns.toldDemand[slot] = demand
    this.columns.toldUsed[slot] = at(used, slot)
    // Who lacks something asks again.
    if (demand > demandMin && (at(held, slot) + at(free, slot)) * 2 < wants) this.#report(slot, false)
    return {
      key: at(columns.key, slot),
      kind,
      window: at(columns.window, slot),
      used: at(used, slot),
      held: kind === 'gauge' ? 0 : Math.floor(at(used, slot) + at(held, slot) + at(free, slot)) - Math.round(at(used, slot)),
      wants,
      demand,
      balance: Math.floor(at(columns.balance, slot)),
      isFresh: this.#is(slot, freshFlag),
      hasMoved: this.#is(slot, movedFlag),
      rule: this.#is(slot, ruleToldFlag) ? undefined : { capacity, perMs },
    }
  }

  /** What this node answers a child. */
  grantedOf(row: number, sequence: number): Granted | undefined {
    const slot = at(this.rows.slot, row)
    const rule = this.#slots.ruleAt(slot)
    if (at(this.rows.link, row) === 0 || rule === undefined) return undefined
    this.rows.toldIn[row] = sequence
    const { columns } = this.#slots
    const { free, used } = this.columns
    const elsewhere = at(free, slot) + at(used, slot) - at(this.rows.used, row)
    return {
      key: at(columns.key, slot),
      kind: rule.kind,
      window: at(columns.window, slot),
      granted: rule.kind === 'gauge' ? elsewhere : Math.floor(at(this.rows.granted, row)),
      balance: Math.floor(at(columns.balance, slot)),
      lacksRule: false,
    }
  }

  /** Takes what a child tells of a bucket that is up to now. */
  told(link: number, slot: number, entry: Told, { heard, nowMs }: { heard: number; nowMs: number }): void {
    const { first } = this.columns
    let row = this.rows.find(slot, link, first)
    const isKnown = row !== noRow
    if (!isKnown && this.rows.isFull) return this.#onFull()
    if (isKnown && entry.hasMoved && entry.kind === 'flow') this.#release(row)
    if (!isKnown) row = this.rows.add(slot, link, first)
    if (entry.kind === 'gauge') this.#tellUsed(row, entry)
    else if (isKnown && !(entry.hasMoved && entry.kind === 'flow')) this.#tellMore(row, entry, heard >= at(this.rows.toldIn, row))
    else this.#meet(row, entry, nowMs)
    this.rows.demand[row] = entry.demand
    this.rows.wants[row] = entry.wants
    if (entry.kind === 'gauge') return this.#answerAll(slot)
    const raise = this.#pool.serve(row)
    const isShort = this.rows.heldBy(row) * 2 < entry.wants
    if (isShort) this.#hungry.add(slot)
    this.#links.answer(link, row, raise > 0)
    this.#report(slot, isShort)
  }

  /** Takes what the parent answers. */
  granted(slot: number, rule: BucketRule, entry: Granted, nowMs: number): void {
    const { columns } = this.#slots
    const { free, used, held, flags } = this.columns
    flags[slot] = (at(flags, slot) & ~(freshFlag | movedFlag)) | ruleToldFlag
    this.#pool.answered(slot, nowMs)
    this.columns.askedMs[slot] = 0
    if (entry.kind === 'gauge') {
      free[slot] = entry.granted
      return this.#answerAll(slot)
    }
    columns.balance[slot] = entry.balance
    columns.refilledMs[slot] = nowMs
    const raise = entry.granted - Math.floor(at(used, slot) + at(held, slot) + at(free, slot))
    if (raise <= 0) return
    free[slot] = at(free, slot) + raise
    this.#serveAll(slot, rule, nowMs)
  }

  /** A child is not heard any more. What it held is spent as far as anybody knows; places are free again. Of a window its row is kept:
   *  it tells later what it has spent meanwhile. */
  silence(link: number, isGone: boolean): void {
    for (let row = 0; row < this.rows.end; row++) {
      if (at(this.rows.link, row) !== link + 1) continue
      const slot = at(this.rows.slot, row)
      this.rows.demand[row] = 0
      this.rows.wants[row] = 0
      if (this.#slots.ruleAt(slot)?.kind === 'window' && !isGone) continue
      this.#release(row)
      this.rows.remove(row, this.columns.first)
      this.#answerAll(slot)
    }
  }

  forgetRuleTold(slot: number): void {
    this.columns.flags[slot] = at(this.columns.flags, slot) & ~ruleToldFlag
    this.#report(slot, false)
  }

  isParent(slot: number, link: number): boolean {
    return at(this.columns.parent, slot) === link + 2
  }

  #begin(slot: number, isFresh: boolean): void {
    const { columns } = this.#slots
    const { first } = this.columns
    const kept = at(first, slot)
    this.columns.clear(slot)
    first[slot] = kept
    this.columns.used[slot] = at(columns.net, slot)
    this.columns.own[slot] = at(columns.net, slot)
    this.columns.flags[slot] = isFresh ? freshFlag : 0
    const rule = this.#slots.ruleAt(slot)
    if (rule?.kind === 'gauge')
      this.columns.free[slot] = rule.capacity - at(columns.balance, slot) - at(columns.net, slot)
  }

  #is(slot: number, flag: number): boolean {
    return (at(this.columns.flags, slot) & flag) !== 0
  }

  #isRoot(slot: number): boolean {
    return at(this.columns.parent, slot) === 1
  }

  #room(slot: number): number {
    return at(this.columns.own, slot) - at(this.#slots.columns.net, slot)
  }

  #wants(slot: number, nowMs: number): number {
    const parent = at(this.columns.parent, slot)
    return this.#pool.wantsOf(slot, { nowMs, comfortMs: this.#links.comfortMs(parent > 1 ? parent - 2 : undefined) })
  }

  #report(slot: number, isUrgent: boolean): void {
    const parent = at(this.columns.parent, slot)
    if (parent > 1) this.#links.report(parent - 2, slot, isUrgent)
  }

  #answerAll(slot: number): void {
    for (let row = at(this.columns.first, slot) - 1; row !== noRow; row = at(this.rows.next, row) - 1)
      this.#links.answer(at(this.rows.link, row) - 1, row, false)
  }

  #serveAll(slot: number, rule: BucketRule, nowMs: number): void {
    this.bring(slot, rule, nowMs)
    const { demand, wants } = this.#pool.ofChildren(slot)
    const ownWants = this.#wants(slot, nowMs)
    for (let row = at(this.columns.first, slot) - 1; row !== noRow; row = at(this.rows.next, row) - 1)
      if (this.#pool.serve(row) > 0) this.#links.answer(at(this.rows.link, row) - 1, row, true)
    this.#pool.serveOwn(slot, ownWants)
    if (demand + at(this.columns.demand, slot) > demandMin && at(this.columns.held, slot) * 2 < wants + ownWants)
      this.#hungry.add(slot)
    this.#report(slot, false)
  }

  /** A node that lacks something takes a little, where much was left when it last heard; and its even part of what comes, where
   *  answers take long because there is much to tell. The parent is told of both. */
  #vouch(slot: number, rule: BucketRule, { amount, nowMs }: { amount: number; nowMs: number }): void {
    if (this.#isRoot(slot) || this.#is(slot, movedFlag)) return
    const vouched = Math.max(this.#early(slot, rule), this.#evenPart(slot, rule, nowMs))
    if (vouched + this.#room(slot) < amount) return
    const { own, held, flags, vouchedMs } = this.columns
    own[slot] = at(own, slot) + vouched
    held[slot] = at(held, slot) + vouched
    flags[slot] = at(flags, slot) | vouchedFlag
    vouchedMs[slot] = nowMs
  }

  #early(slot: number, rule: BucketRule): number {
    const most = (rule.capacity * vouchedPart) / this.#links.nodes
    const left = at(this.#slots.columns.balance, slot) - most
    return this.#is(slot, vouchedFlag) || left < rule.capacity * vouchedAbove ? 0 : Math.floor(most)
  }

  #evenPart(slot: number, rule: BucketRule, nowMs: number): number {
    const { intervalMs, askedMs, vouchedMs, parent } = this.columns
    const asked = at(askedMs, slot)
    const isSlow = at(intervalMs, slot) > slowMs || (asked > 0 && nowMs - asked > slowMs)
    if (!isSlow || !this.#links.isHeard(at(parent, slot) - 2)) return 0
    const sinceMs = nowMs - Math.max(at(vouchedMs, slot), nowMs - slowMsMax)
    return Math.floor((Math.min(rule.capacity, rule.perMs * sinceMs) * slowPart) / this.#links.nodes)
  }

  /** Takes back what this node and the pool do not need. Answers what they want in all. */
  #giveBack(slot: number, rule: BucketRule, nowMs: number): number {
    if (rule.kind === 'gauge') return 0
    const { own, held, free } = this.columns
    const wants = this.#wants(slot, nowMs)
    const spare = Math.floor(this.#room(slot) - wants)
    if (spare > wants) {
      own[slot] = at(own, slot) - spare
      held[slot] = at(held, slot) - spare
      free[slot] = at(free, slot) + spare
    }
    const all = wants + this.#pool.ofChildren(slot).wants
    // A debt is the parent's: it has more to share out.
    if (at(free, slot) < 0) free[slot] = 0
    else if (at(free, slot) > 2 * all) free[slot] = all
    return all
  }

  /** A gauge has what is taken nowhere. */
  #count(slot: number, rule: BucketRule, nowMs: number): void {
    const { free, used, rootMs } = this.columns
    if (this.#isRoot(slot) && nowMs - at(rootMs, slot) > youngMs) free[slot] = 0
    this.#slots.columns.balance[slot] = rule.capacity - at(free, slot) - at(used, slot)
  }

  #settle(slot: number, rule: BucketRule, nowMs: number): void {
    const link = this.#links.parentOf(at(this.#slots.columns.key, slot))
    const { parent, flags } = this.columns
    const before = at(parent, slot)
    const now = link === undefined ? 1 : link + 2
    if (now === before) return
    parent[slot] = now
    if (now === 1) return this.#becomeRoot(slot, rule, nowMs)
    if (before === 1) this.#leaveRoot(slot, rule)
    flags[slot] = (at(flags, slot) & ~ruleToldFlag) | (before === 0 ? 0 : movedFlag)
    this.#report(slot, true)
  }

  /** A new root has what it was told to be left, less what those behind it hold of it. */
  #becomeRoot(slot: number, rule: BucketRule, nowMs: number): void {
    const { columns } = this.#slots
    const { free, held, part, rootMs } = this.columns
    rootMs[slot] = nowMs
    columns.refilledMs[slot] = nowMs
    if (rule.kind === 'gauge') return
    const left = Math.min(rule.capacity, at(columns.balance, slot))
    const heardPart = this.#links.partOf(at(columns.key, slot))
    part[slot] = 0
    if (rule.kind === 'flow') free[slot] = left * heardPart - at(held, slot)
    else {
      columns.floor[slot] = left
      free[slot] = -at(held, slot)
      this.#pool.divide(slot, heardPart)
    }
  }

  #leaveRoot(slot: number, rule: BucketRule): void {
    if (rule.kind === 'gauge') return
    this.#slots.columns.floor[slot] = 0
    this.columns.free[slot] = 0
  }

  /** What a child held is spent as far as anybody knows. */
  #release(row: number): void {
    const slot = at(this.rows.slot, row)
    const { used, held } = this.columns
    if (this.#slots.ruleAt(slot)?.kind === 'gauge') {
      used[slot] = at(used, slot) - at(this.rows.used, row)
      return
    }
    const lost = this.rows.heldBy(row)
    used[slot] = at(used, slot) + lost
    held[slot] = at(held, slot) - lost
  }

  #tellUsed(row: number, { used }: Told): void {
    const slot = at(this.rows.slot, row)
    this.columns.used[slot] = at(this.columns.used, slot) + used - at(this.rows.used, row)
    this.rows.used[row] = used
  }

  /** A child that is heard of for the first time: what it holds was granted by somebody else, or by nobody. */
  #meet(row: number, { used, held, isFresh, hasMoved, balance }: Told, nowMs: number): void {
    const slot = at(this.rows.slot, row)
    const { columns } = this
    this.rows.used[row] = used
    this.rows.granted[row] = used + held
    this.rows.base[row] = used
    columns.held[slot] = at(columns.held, slot) + held
    columns.free[slot] = at(columns.free, slot) - held - (isFresh ? used : 0)
    if (isFresh) columns.used[slot] = at(columns.used, slot) + used
    if (!hasMoved || !this.#isRoot(slot) || nowMs - at(columns.rootMs, slot) > youngMs) return
    const left = at(columns.free, slot) + at(columns.held, slot) + at(this.#slots.columns.floor, slot)
    if (balance < left) columns.free[slot] = at(columns.free, slot) - (left - balance)
  }

  #tellMore(row: number, { used, held }: Told, isTrusted: boolean): void {
    const slot = at(this.rows.slot, row)
    const { columns } = this
    const spent = used - at(this.rows.used, row)
    const told = used + held - at(this.rows.granted, row)
    const added = isTrusted ? told : Math.max(0, told)
    this.rows.used[row] = used
    this.rows.granted[row] = at(this.rows.granted, row) + added
    columns.used[slot] = at(columns.used, slot) + spent
    columns.held[slot] = at(columns.held, slot) + added - spent
    columns.free[slot] = at(columns.free, slot) - added
  }
}
