// Buckets that the nodes of a cluster share. Each node decides for itself, from what it has charged and what it has heard: the
// balance is that of the one bucket which all nodes would have together. Between two ticks a node takes at most its share of
// the balance, by its part of the demand, so that nodes that have not heard one another yet cannot all take the whole.
import type { BucketRule, Charge, Shortage } from './bucket-rule.ts'
import { BucketShares } from './bucket-shares.ts'
import { at32, at64, atCount, BucketSlots } from './bucket-slots.ts'
import { type BucketTime, isOtherWindow } from './bucket-windows.ts'
import type { Member, Members } from './members.ts'
import type { LeaseTree } from './relays/lease-tree.ts'
import { Relay, type RelayParts } from './relays/relay.ts'
import { type BucketEntry, clamped, type FrameRoom, ToldBuckets } from './told-buckets.ts'

export interface SharedBucketsOptions {
  readonly members: Members
  readonly tickMs: number
  /** The buckets that are kept. */
  readonly bucketsMax?: number | undefined
  /** A bucket is forgotten, because there are too many. */
  readonly onForget?: () => void
}

export interface ChargeTime extends BucketTime {
  /** The demand is told by `want`: a charge that is tried again and again asks for no more. */
  readonly isWanted?: boolean | undefined
}

/** What is left in a bucket, and the time until it is full; 0 for buckets that nothing refills. */
export interface BucketState {
  readonly remaining: number
  readonly fullInMs: number
}

/** Amounts are whole. */
const leastAmount = 1
const bucketsKeptMax = 1_000_000
/** The part of a node's share of a tick that it takes before it tells the others out of turn. */
const urgentPart = 0.125

export class SharedBuckets {
  /** Called when a bucket is being used up fast, so that the others should hear of it before the next tick. */
  onUrgent: (() => void) | undefined
  readonly #members: Members
  readonly #tickMs: number
  readonly #slots: BucketSlots
  readonly #shares: BucketShares
  readonly #told: ToldBuckets
  /** Where nodes relay what others tell. */
  #tree: LeaseTree | undefined

  constructor({ members, tickMs, bucketsMax = bucketsKeptMax, onForget }: SharedBucketsOptions) {
    this.#members = members
    this.#tickMs = tickMs
    this.#slots = new BucketSlots(bucketsMax)
    this.#slots.onFull = onForget
    this.#shares = new BucketShares(this.#slots.columns, members, tickMs)
    this.#told = new ToldBuckets(this.#slots, this.#shares, tickMs)
  }

  get count(): number {
    return this.#slots.count
  }

  /** The slot of a bucket, made full when it is new. A rule with another capacity keeps what has been taken. `guess` is where the bucket
   *  was before. */
  slotOf(key: number, rule: BucketRule, nowMs: number, guess = -1): number {
    const slots = this.#slots
    const slot = slots.isAt(key, guess) ? guess : (slots.find(key) ?? slots.add(key))
    const bound = slots.ruleAt(slot)
    if (bound !== rule && !isSame(bound, rule)) this.#bind(slot, rule, nowMs)
    return slot
  }

  /** Takes `amount`, or answers why not. `isOwner`: the node decides for all nodes, and is not bound to its share. */
  charge(slot: number, amount: number, time: ChargeTime, isOwner = false): Charge | Shortage {
    const { columns } = this.#slots
    const rule = this.#ruleOf(slot)
    if (amount > rule.capacity) return { type: 'too-large' }
    this.#bring(slot, rule, time)
    if (time.isWanted !== true) columns.asked[slot] = at32(columns.asked, slot) + amount
    this.#markDirty(slot)
    // What is not known yet needs some room too.
    const needed = Math.max(amount, leastAmount)
    const missing =
      this.#tree === undefined
        ? this.#missing(slot, rule, needed, isOwner)
        : this.#tree.missing(slot, rule, {
            amount: needed,
            isOwner,
            isWanted: time.isWanted === true,
            nowMs: time.nowMs,
          })
    if (missing > 0) return { type: 'short', waitMs: this.#waitMs(slot, rule, needed, missing) }
    this.#take(slot, amount)
    return this.#chargeOf(slot)
  }

  /** Tells that this node wants an amount, which it may not get at once. */
  want(slot: number, amount: number, time: BucketTime): void {
    const { columns } = this.#slots
    this.#bring(slot, this.#ruleOf(slot), time)
    this.#tree?.want(slot, amount, time.nowMs)
    columns.asked[slot] = at32(columns.asked, slot) + amount
    this.#markDirty(slot)
  }

  /** This node's part of a bucket, by what it wants. Where nodes relay, nobody knows what all want. */
  shareOf(slot: number): number {
    return this.#tree === undefined ? this.#shares.shareOf(slot) : 1 / this.#members.count
  }

  /** What all nodes have charged to a gauge, less what they gave back, as far as this one has heard. */
  charged(slot: number): number {
    if (this.#tree !== undefined) return this.#ruleOf(slot).capacity - at64(this.#slots.columns.balance, slot)
    const { net, peers } = this.#slots.columns
    let sum = at64(net, slot)
    for (const peer of peers) sum += peer?.net[slot] ?? 0
    return sum
  }

  /** Names an amount that another node has taken for this one. */
  takenElsewhere(slot: number, time: BucketTime): Charge {
    this.#bring(slot, this.#ruleOf(slot), time)
    return this.#chargeOf(slot)
  }

  /** Adds to a charge (`amount` above 0) or gives a part of it back, and answers what is left for all nodes, below 0 where it is owed. A
   *  charge of a bucket or window that has passed is not changed, and has no answer. */
  adjust({ slot, generation, window }: Charge, amount: number, nowMs: number): number | undefined {
    const { columns } = this.#slots
    const rule = this.#slots.ruleAt(slot)
    if (rule === undefined || atCount(columns.generation, slot) !== generation) return undefined
    if (rule.kind === 'window' && atCount(columns.window, slot) !== window) return undefined
    if (this.#tree === undefined) this.#shares.refill(slot, rule, nowMs)
    const left = clamped(rule, at64(columns.balance, slot) - amount)
    columns.balance[slot] = left
    this.#told.addCharge(slot, amount)
    this.#tree?.spend(slot, amount)
    this.#markDirty(slot)
    return left
  }

  /** Sets this node's view of a balance that nobody has told of yet. */
  begin(slot: number, balance: number): void {
    const { columns } = this.#slots
    if (this.#tree !== undefined) this.#tree.start(slot, clamped(this.#ruleOf(slot), balance))
    else if (!this.#told.hasHeardOf(slot)) columns.balance[slot] = clamped(this.#ruleOf(slot), balance)
  }

  /** Charges an amount for nobody (below 0: gives it back), because somebody outside has told what is left. Every node that is told as much charges
   *  its part of it. */
  correct(slot: number, amount: number, nowMs: number): void {
    this.adjust(this.#chargeOf(slot), amount, nowMs)
  }

  /** What is left in the bucket of a charge; undefined where the bucket was forgotten. */
  stateOf({ slot, generation, window }: Charge, nowMs: number): BucketState | undefined {
    const isThere =
      this.#slots.ruleAt(slot) !== undefined && atCount(this.#slots.columns.generation, slot) === generation
    return isThere ? this.look(slot, { nowMs, window }) : undefined
  }

  /** What is left in the bucket for all nodes, never below 0, and the time until it is full. */
  look(slot: number, time: BucketTime): BucketState {
    const rule = this.#ruleOf(slot)
    this.#bring(slot, rule, time)
    const balance = at64(this.#slots.columns.balance, slot)
    const fullInMs = rule.perMs === 0 ? 0 : (rule.capacity - balance) / rule.perMs
    return { remaining: Math.max(0, balance), fullInMs }
  }

  nextTick(): void {
    this.#shares.nextTick()
  }

  /** Adds another node, which is told of every bucket. */
  addPeer(): number {
    for (const slot of this.#slots.all()) this.#told.markDirty(slot)
    return this.#slots.columns.addPeer()
  }

  /** Forgets a node. What it held of gauges is free again. */
  removePeer(index: number): void {
    const { columns } = this.#slots
    const peer = columns.peers[index]
    if (peer === undefined) return
    for (const slot of this.#slots.all()) {
      if (this.#told.isGauge(slot)) columns.balance[slot] = at64(columns.balance, slot) + at64(peer.net, slot)
    }
    columns.removePeer(index)
  }

  /** Forgets a node without giving anything back: its columns are not needed. */
  forgetPeer(index: number): void {
    this.#slots.columns.removePeer(index)
  }

  /** From now on what is charged is told to few others, who relay it. */
  startRelay(parts: Omit<RelayParts, 'slots' | 'shares'>): Relay {
    const relay = new Relay({ ...parts, slots: this.#slots, shares: this.#shares })
    this.#tree = relay.tree
    this.#slots.onForget = (slot) => relay.tree.forget(slot)
    return relay
  }

  stopRelay(): void {
    this.#tree = undefined
    this.#slots.onForget = undefined
  }

  merge(member: Member, entry: BucketEntry, nowMs: number): void {
    this.#told.merge(member, entry, nowMs)
  }

  entries(frame: FrameRoom): BucketEntry[] {
    return this.#told.entries(frame)
  }

  /** Brings a bucket up to now. */
  #bring(slot: number, rule: BucketRule, time: BucketTime): void {
    if (this.#tree === undefined) return this.#shares.bring(slot, rule, time)
    if (isOtherWindow(this.#slots.columns, slot, rule, time)) {
      this.#shares.beginWindow(slot, rule, rule.kind === 'window' ? time.window : 0)
      this.#tree.beginWindow(slot)
    }
    this.#tree.bring(slot, rule, time.nowMs)
  }

  #take(slot: number, amount: number): void {
    const { columns } = this.#slots
    if (this.#tree !== undefined) {
      this.#told.addCharge(slot, amount)
      return this.#tree.take(slot, amount)
    }
    columns.balance[slot] = at64(columns.balance, slot) - amount
    this.#told.addCharge(slot, amount)
    columns.used[slot] = at64(columns.used, slot) + amount
    const isFast = this.#members.count > 1 && at64(columns.used, slot) > at64(columns.allowed, slot) * urgentPart
    if (isFast && this.#told.markUrgent(slot)) this.onUrgent?.()
  }

  /** The amount that is missing for a charge: 0 or below when there is enough. */
  #missing(slot: number, rule: BucketRule, amount: number, isOwner: boolean): number {
    const { balance, floor, allowed, used } = this.#slots.columns
    const ofBalance = amount - (at64(balance, slot) - at64(floor, slot))
    // Shares of a gauge would be fractions of a request. What nodes take of it at the same moment may be too much by that.
    if (isOwner || rule.kind === 'gauge' || this.#members.count === 1) return ofBalance
    return Math.max(ofBalance, amount - (at64(allowed, slot) - at64(used, slot)))
  }

  #waitMs(slot: number, rule: BucketRule, amount: number, missing: number): number {
    const { balance, floor } = this.#slots.columns
    const isOfShare = this.#members.count > 1 && at64(balance, slot) - at64(floor, slot) >= amount
    if (isOfShare) return this.#tickMs
    return rule.perMs === 0 ? 0 : missing / rule.perMs
  }

  #bind(slot: number, rule: BucketRule, nowMs: number): void {
    const { columns } = this.#slots
    const before = this.#slots.ruleAt(slot)
    this.#slots.setRule(slot, rule)
    columns.membersEpoch[slot] = 0
    if (before !== undefined) {
      columns.balance[slot] = clamped(rule, at64(columns.balance, slot) + rule.capacity - before.capacity)
      this.#tree?.bind(slot, rule, rule.capacity - before.capacity)
      return
    }
    if (this.#tree !== undefined) {
      columns.balance[slot] = rule.capacity
      columns.refilledMs[slot] = nowMs
      return this.#tree.bind(slot, rule, undefined)
    }
    const isHeardOf = this.#told.hasHeardOf(slot)
    if (isHeardOf && rule.kind !== 'gauge') return this.#told.bind(slot, rule, nowMs)
    const full = rule.capacity * (rule.perMs === 0 ? 1 : this.#members.heardPart)
    // The places that others hold of a gauge were subtracted from nothing.
    columns.balance[slot] = isHeardOf ? at64(columns.balance, slot) + full : full
    columns.refilledMs[slot] = nowMs
  }

  #chargeOf(slot: number): Charge {
    const { columns } = this.#slots
    return { slot, generation: atCount(columns.generation, slot), window: atCount(columns.window, slot) }
  }

  /** A node alone tells nobody. */
  #markDirty(slot: number): void {
    if (this.#members.count > 1 && this.#tree === undefined) this.#told.markDirty(slot)
  }

  #ruleOf(slot: number): BucketRule {
    const rule = this.#slots.ruleAt(slot)
    if (rule === undefined) throw new Error(`the bucket ${slot} has no rule`)
    return rule
  }
}

function isSame(bound: BucketRule | undefined, rule: BucketRule): boolean {
  return bound?.kind === rule.kind && bound.capacity === rule.capacity && bound.perMs === rule.perMs
}
