// The buckets of a node in a cluster that relays: a node takes from what it was granted, and asks its parent for more before it needs
// it. What it tells is the whole of what it and those behind it have spent and hold, so a frame that comes twice, late or not at all
// does no harm; what it is granted is told in all as well. A grant counts at the parent from the moment at which it is made, and is
// believed to be returned when the child says so after it has heard the last grant.
import type { BucketRule } from '../bucket-rule.ts'
import { demandMin } from '../bucket-shares.ts'
import { at32, at64, atCount, atFlags, type BucketSlots } from '../bucket-slots.ts'
import { ChildLeases } from './child-leases.ts'
import { noRow } from './child-rows.ts'
import { youngMs } from './lease-pool.ts'
import { freshFlag, movedFlag, plentyFlag, ruleToldFlag, vouchedFlag } from './relay-columns.ts'
import type { Granted, Told } from './relay-frame.ts'
import { TreeRoots } from './tree-roots.ts'
import { type TreeLinks, TreeState } from './tree-state.ts'
import { roomOf, vouch } from './vouching.ts'

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
  /** The demand was told before. */
  readonly isWanted: boolean
  readonly nowMs: number
}

/** While the parent does not answer, a node does not know what the others have spent, and takes nothing to have come back. */
const unansweredMs = 500
export class LeaseTree {
  readonly children: ChildLeases
  readonly #state: TreeState
  readonly #roots: TreeRoots

  constructor({ onFull, ...parts }: TreeOptions) {
    this.#state = new TreeState(parts)
    this.children = new ChildLeases(this.#state, onFull)
    this.#roots = new TreeRoots(this.#state, this.children)
    for (const slot of parts.slots.all()) this.#begin(slot, false)
  }

  /** A bucket that is used for the first time, or whose rule changes by an amount. */
  bind(slot: number, rule: BucketRule, added: number | undefined): void {
    this.#state.columns.ensure(this.#state.slots.columns.size)
    if (added === undefined) return this.#begin(slot, true)
    const { flags, free } = this.#state.columns
    flags[slot] = atFlags(flags, slot) & ~ruleToldFlag
    if (this.#state.isRoot(slot) && rule.kind !== 'gauge') free[slot] = at64(free, slot) + added
  }

  /** Brings a bucket up to now: who is its parent, and what has come since. */
  bring(slot: number, rule: BucketRule, nowMs: number): void {
    const { columns } = this.#state.slots
    this.#roots.settle(slot, rule, nowMs)
    if (rule.kind === 'gauge') return this.#count(slot, rule, nowMs)
    if (this.#state.isRoot(slot))
      return this.#state.pool.mint(slot, rule, { nowMs, part: this.#state.links.partOf(rule.kind) })
    const askedMs = at64(this.#state.columns.askedMs, slot)
    const untilMs = askedMs === 0 ? nowMs : Math.min(nowMs, askedMs + unansweredMs)
    const passedMs = Math.max(0, untilMs - at64(columns.refilledMs, slot))
    columns.refilledMs[slot] = nowMs
    columns.balance[slot] = Math.min(rule.capacity, at64(columns.balance, slot) + rule.perMs * passedMs)
  }

  /** The amount that is missing for a charge: 0 or below when there is enough. */
  missing(slot: number, rule: BucketRule, { amount, isOwner, isWanted, nowMs }: Ask): number {
    if (rule.kind === 'gauge') return amount - at64(this.#state.slots.columns.balance, slot)
    if (!isWanted) this.#state.pool.ask(slot, amount, nowMs)
    const wants = this.#state.wantsOf(slot, nowMs)
    if (isOwner) return amount - roomOf(this.#state, slot) - Math.max(0, at64(this.#state.columns.free, slot))
    if (roomOf(this.#state, slot) < amount) this.#state.pool.serveOwn(slot, wants)
    if (roomOf(this.#state, slot) < amount) vouch(this.#state, slot, rule, { amount, nowMs })
    const missing = amount - roomOf(this.#state, slot)
    if (missing > 0) {
      this.#state.hungry.add(slot)
      if (at64(this.#state.columns.askedMs, slot) === 0) this.#state.columns.askedMs[slot] = nowMs
    }
    if (missing > 0 || roomOf(this.#state, slot) - amount < wants / 2) this.#state.report(slot, true)
    return missing
  }

  want(slot: number, amount: number, nowMs: number): void {
    this.#state.pool.ask(slot, amount, nowMs)
    this.#state.report(slot, false)
  }

  /** What is left of a bucket that nobody has told of yet, as somebody outside says. */
  start(slot: number, balance: number): void {
    const { free, held } = this.#state.columns
    if (!this.#state.is(slot, freshFlag) && at64(held, slot) + at64(free, slot) !== 0) return
    if (this.#state.isRoot(slot)) free[slot] = balance - at64(held, slot)
    this.#state.slots.columns.balance[slot] = balance
  }

  take(slot: number, amount: number): void {
    const { columns } = this.#state.slots
    columns.balance[slot] = at64(columns.balance, slot) - amount
    this.spend(slot, amount)
    const lacking = at64(columns.net, slot) - at64(this.#state.columns.own, slot)
    if (lacking <= 0 || this.#state.slots.ruleAt(slot)?.kind === 'gauge') return
    // The one that decides for all takes from what is promised to nobody.
    const { free, own, held } = this.#state.columns
    free[slot] = at64(free, slot) - lacking
    own[slot] = at64(own, slot) + lacking
    held[slot] = at64(held, slot) + lacking
  }

  /** Notes what this node has spent (`amount` above 0) or given back. */
  spend(slot: number, amount: number): void {
    const { used, held } = this.#state.columns
    used[slot] = at64(used, slot) + amount
    if (this.#state.slots.ruleAt(slot)?.kind === 'gauge') this.#state.answerAll(slot)
    else held[slot] = at64(held, slot) - amount
    this.#state.report(slot, this.#state.isTight(slot))
  }

  beginWindow(slot: number): void {
    for (
      let row = atCount(this.#state.columns.first, slot) - 1;
      row !== noRow;
      row = atCount(this.#state.columns.first, slot) - 1
    )
      this.#state.rows.remove(row, this.#state.columns.first)
    this.#begin(slot, true)
  }

  forget(slot: number): void {
    this.beginWindow(slot)
    this.#state.columns.clear(slot)
  }

  /** Gives what has come to those who lack something. */
  tick(nowMs: number): void {
    for (let left = this.#state.hungry.length; left > 0; left--) {
      const slot = this.#state.hungry.next()
      const rule = slot === undefined ? undefined : this.#state.slots.ruleAt(slot)
      if (slot !== undefined && rule !== undefined) this.#serveAll(slot, rule, nowMs)
    }
  }

  /** Everything that is not at rest is told, so that whoever missed a frame hears it later. */
  sync(slot: number, nowMs: number): void {
    const { held, free, used, toldUsed, toldDemand } = this.#state.columns
    const rule = this.#state.slots.ruleAt(slot)
    if (rule === undefined) return
    if (at64(used, slot) > 0 || at64(held, slot) > 0) this.#roots.settle(slot, rule, nowMs)
    const isAtRest = at64(held, slot) + at64(free, slot) === 0 && at32(toldDemand, slot) === 0
    if (!isAtRest || at64(used, slot) !== at64(toldUsed, slot)) this.#state.report(slot, false)
  }

  /** What this node tells its parent about a bucket. */
  toldOf(slot: number, nowMs: number): Told | undefined {
    const rule = this.#state.slots.ruleAt(slot)
    if (rule === undefined) return undefined
    this.bring(slot, rule, nowMs)
    const wants = this.#giveBack(slot, rule, nowMs)
    const { columns } = this.#state.slots
    const { used, held, free } = this.#state.columns
    const { kind, capacity, perMs } = rule
    const demand = this.#state.pool.ofChildren(slot).demand + this.#state.pool.demandOf(slot, nowMs)
    if (at64(this.#state.columns.askedMs, slot) === 0) this.#state.columns.askedMs[slot] = nowMs
    this.#state.columns.toldDemand[slot] = demand
    this.#state.columns.toldUsed[slot] = at64(used, slot)
    // Who lacks something asks again.
    if (demand > demandMin && (at64(held, slot) + at64(free, slot)) * 2 < wants) this.#state.report(slot, false)
    return {
      key: at64(columns.key, slot),
      kind,
      window: atCount(columns.window, slot),
      used: at64(used, slot),
      all: kind === 'window' ? this.#state.pool.allOf(slot) : 0,
      held:
        kind === 'gauge'
          ? 0
          : Math.floor(at64(used, slot) + at64(held, slot) + at64(free, slot)) - Math.round(at64(used, slot)),
      wants,
      demand,
      balance: Math.max(0, Math.floor(at64(columns.balance, slot) / this.#state.toldPart(slot, kind))),
      isFresh: this.#state.is(slot, freshFlag),
      hasMoved: this.#state.is(slot, movedFlag),
      rule: this.#state.is(slot, ruleToldFlag) ? undefined : { capacity, perMs },
    }
  }

  /** Takes what the parent answers. */
  granted(slot: number, rule: BucketRule, entry: Granted, nowMs: number): void {
    const { columns } = this.#state.slots
    const { free, used, held, flags } = this.#state.columns
    const kept = atFlags(flags, slot) & ~(freshFlag | movedFlag | vouchedFlag | plentyFlag)
    flags[slot] = kept | ruleToldFlag | (entry.isPlenty ? plentyFlag : 0)
    this.#state.pool.answered(slot, nowMs)
    this.#state.columns.askedMs[slot] = 0
    if (entry.kind === 'gauge') {
      free[slot] = entry.granted
      return this.#state.answerAll(slot)
    }
    columns.balance[slot] = entry.balance
    this.#state.columns.part[slot] = entry.part
    columns.refilledMs[slot] = nowMs
    const has = at64(held, slot) + at64(free, slot)
    // No node has more than a full bucket, whatever a relay says.
    const raise = Math.min(entry.granted - Math.floor(at64(used, slot) + has), rule.capacity - has)
    if (raise <= 0) return
    free[slot] = at64(free, slot) + raise
    this.#serveAll(slot, rule, nowMs)
  }

  forgetRuleTold(slot: number): void {
    this.#state.columns.flags[slot] = atFlags(this.#state.columns.flags, slot) & ~ruleToldFlag
    this.#state.report(slot, false)
  }

  isParent(slot: number, link: number): boolean {
    return atCount(this.#state.columns.parent, slot) === link + 2
  }

  #begin(slot: number, isFresh: boolean): void {
    const { columns } = this.#state.slots
    const { first } = this.#state.columns
    const kept = atCount(first, slot)
    this.#state.columns.clear(slot)
    first[slot] = kept
    this.#state.columns.used[slot] = at64(columns.net, slot)
    this.#state.columns.own[slot] = at64(columns.net, slot)
    this.#state.columns.flags[slot] = isFresh ? freshFlag : 0
    const rule = this.#state.slots.ruleAt(slot)
    if (rule?.kind === 'gauge')
      this.#state.columns.free[slot] = rule.capacity - at64(columns.balance, slot) - at64(columns.net, slot)
  }

  #serveAll(slot: number, rule: BucketRule, nowMs: number): void {
    this.bring(slot, rule, nowMs)
    const { demand, wants } = this.#state.pool.ofChildren(slot)
    const ownWants = this.#state.wantsOf(slot, nowMs)
    for (
      let row = atCount(this.#state.columns.first, slot) - 1;
      row !== noRow;
      row = atCount(this.#state.rows.next, row) - 1
    )
      if (this.#state.pool.serve(row) > 0) this.#state.links.answer(atCount(this.#state.rows.link, row) - 1, row, true)
    this.#state.pool.serveOwn(slot, ownWants)
    if (
      demand + at32(this.#state.columns.demand, slot) > demandMin &&
      at64(this.#state.columns.held, slot) * 2 < wants + ownWants
    )
      this.#state.hungry.add(slot)
    this.#state.report(slot, false)
  }

  /** Takes back what this node and the pool do not need. Answers what they want in all. */
  #giveBack(slot: number, rule: BucketRule, nowMs: number): number {
    if (rule.kind === 'gauge') return 0
    const { own, held, free } = this.#state.columns
    const wants = this.#state.wantsOf(slot, nowMs)
    const spare = Math.floor(roomOf(this.#state, slot) - wants)
    if (spare > wants) {
      own[slot] = at64(own, slot) - spare
      held[slot] = at64(held, slot) - spare
      free[slot] = at64(free, slot) + spare
    }
    const all = wants + this.#state.pool.ofChildren(slot).wants
    // A debt is the parent's: it has more to share out.
    if (at64(free, slot) < 0) free[slot] = 0
    else if (at64(free, slot) > 2 * all) free[slot] = all
    return all
  }

  /** A gauge has what is taken nowhere. */
  #count(slot: number, rule: BucketRule, nowMs: number): void {
    const { free, used, rootMs } = this.#state.columns
    if (this.#state.isRoot(slot) && nowMs - at64(rootMs, slot) > youngMs) free[slot] = 0
    this.#state.slots.columns.balance[slot] = rule.capacity - at64(free, slot) - at64(used, slot)
  }
}
