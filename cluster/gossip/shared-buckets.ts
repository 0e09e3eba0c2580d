// Buckets that the nodes of a cluster share. Each node decides for itself, from what it has charged and what it has heard: the
// balance is that of the one bucket which all nodes would have together. Between two ticks a node takes at most its share of
// the balance, by its part of the demand, so that nodes that have not heard one another yet cannot all take the whole.
//
// Each node tells what it has charged in all, so a frame that comes twice or not at all does no harm: the last one counts.
import { BucketColumns, type PeerColumns } from './bucket-columns.ts'
import type { BucketRule, Charge, Shortage } from './bucket-rule.ts'
import type { Member, Members } from './members.ts'

/** What one node tells about one bucket. */
export interface BucketEntry {
  /** The hash that names the bucket on every node. */
  readonly key: number
  /** The sender's frame in which it first told of the bucket. */
  readonly birth: number
  readonly window: number
  /** What the sender has charged, less what it gave back, since `birth` and in `window`. */
  readonly net: number
  /** The sender's balance, for nodes that have not heard of the bucket before. */
  readonly balance: number
  /** The sender's demand, in amount per millisecond. */
  readonly demand: number
}

export interface SharedBucketsOptions {
  readonly members: Members
  readonly tickMs: number
  /** The buckets that are kept. With more, the fullest of a few is forgotten. */
  readonly bucketsMax?: number
}

const bucketsKeptMax = 1_000_000
/** The weight of the last tick in the smoothed demand. */
const demandWeight = 0.4
/** The part of a balance that is shared evenly, so that a node without demand so far can take some at once. */
const evenPart = 0.1
/** Demand below which a bucket is idle, in amount per millisecond. */
const demandMin = 1e-6
/** The candidates of which the fullest is forgotten when there are too many buckets. */
const candidates = 8

const dirtyFlag = 1
/** The bucket has a rule: until then only other nodes have told of it. */
const boundFlag = 2
const urgentFlag = 4

export class SharedBuckets {
  readonly #columns = new BucketColumns()
  readonly #members: Members
  readonly #tickMs: number
  readonly #max: number
  readonly #slots = new Map<number, number>()
  readonly #rules: (BucketRule | undefined)[] = []
  readonly #free: number[] = []
  #end = 0
  #dirty: number[] = []
  #tick = 1
  #hand = 0
  #nextSynced = 0
  /** Called when a bucket is being used up fast, so that the others should hear of it before the next tick. */
  onUrgent: (() => void) | undefined

  constructor({ members, tickMs, bucketsMax = bucketsKeptMax }: SharedBucketsOptions) {
    this.#members = members
    this.#tickMs = tickMs
    this.#max = bucketsMax
  }

  get count(): number {
    return this.#slots.size
  }

  /** The slot of a bucket, made full when it is new. A rule with another capacity keeps what has been taken. */
  slotOf(key: number, rule: BucketRule, nowMs: number): number {
    const known = this.#slots.get(key)
    const slot = known ?? this.#newSlot(key)
    const bound = this.#rules[slot]
    if (bound !== rule && !isSame(bound, rule)) this.#bind(slot, rule, nowMs)
    return slot
  }

  generationOf(slot: number): number {
    return this.#columns.generation[slot] ?? 0
  }

  /** Takes `amount`, or answers why not. */
  charge(slot: number, amount: number, { nowMs, window, isOwner = false }: ChargeTime): Charge | Shortage {
    const columns = this.#columns
    const rule = this.#ruleOf(slot)
    if (amount > rule.capacity) return { type: 'too-large' }
    this.#bring(slot, rule, nowMs, window)
    columns.asked[slot] = at(columns.asked, slot) + amount
    this.#markDirty(slot)
    const missing = this.#missing(slot, rule, { amount, isOwner })
    if (missing > 0) return { type: 'short', waitMs: this.#waitMs(slot, rule, missing) }
    this.#take(slot, amount)
    return { slot, generation: at(columns.generation, slot), window }
  }

  /** Adds to a charge (`amount` above 0) or gives a part of it back. A charge of a window that has passed is not changed. */
  adjust({ slot, generation, window }: Charge, amount: number, nowMs: number): void {
    const columns = this.#columns
    const rule = this.#rules[slot]
    if (rule === undefined || at(columns.generation, slot) !== generation) return
    if (rule.kind === 'window' && at(columns.window, slot) !== window) return
    this.#refill(slot, rule, nowMs)
    columns.balance[slot] = clamped(rule, at(columns.balance, slot) - amount)
    columns.net[slot] = at(columns.net, slot) + amount
    this.#markDirty(slot)
  }

  /** What is left in the bucket for all nodes, never below 0, and the time until it is full. */
  look(slot: number, { nowMs, window }: { nowMs: number; window: number }): { remaining: number; fullInMs: number } {
    const rule = this.#ruleOf(slot)
    this.#bring(slot, rule, nowMs, window)
    const balance = at(this.#columns.balance, slot)
    const fullInMs = rule.perMs === 0 ? 0 : (rule.capacity - balance) / rule.perMs
    return { remaining: Math.max(0, balance), fullInMs }
  }

  /** Begins a new tick: shares are worked out anew, each when its bucket is next used. */
  nextTick(): void {
    this.#tick++
  }

  addPeer(): number {
    return this.#columns.addPeer()
  }

  /** Forgets a node. What it held of gauges is free again. */
  removePeer(index: number): void {
    const peer = this.#columns.peers[index]
    if (peer === undefined) return
    for (const slot of this.#slots.values()) {
      if (this.#rules[slot]?.kind !== 'gauge') continue
      this.#columns.balance[slot] = at(this.#columns.balance, slot) + at(peer.net, slot)
    }
    this.#columns.removePeer(index)
  }

  /** Takes what another node tells about a bucket. `frame` is the number of the frame that it stands in. */
  merge(member: Member, entry: BucketEntry, nowMs: number): void {
    const peer = this.#columns.peers[member.peer]
    if (peer === undefined) return
    const slot = this.#slots.get(entry.key) ?? this.#newSlot(entry.key)
    const rule = this.#rules[slot]
    if (rule !== undefined) this.#refill(slot, rule, nowMs)
    if (!this.#isOfWindow(slot, entry.window, rule)) return
    this.#takeOver(slot, peer, { entry, rule, nowMs, frame: member.sequence })
    peer.demand[slot] = entry.demand
  }

  #takeOver(slot: number, peer: PeerColumns, told: Told): void {
    const { entry, rule, nowMs, frame } = told
    const columns = this.#columns
    const known = at(peer.birth, slot) === entry.birth
    const isNew = !known && entry.birth === frame
    const before = known ? at(peer.net, slot) : 0
    peer.net[slot] = entry.net
    peer.birth[slot] = entry.birth
    if (rule === undefined) {
      columns.balance[slot] = entry.balance
      columns.refilledMs[slot] = nowMs
    } else if (known || isNew) {
      columns.balance[slot] = clamped(rule, at(columns.balance, slot) - (entry.net - before))
    } else {
      columns.balance[slot] = Math.min(at(columns.balance, slot), entry.balance)
    }
  }

  /** Begins a later window when another node has; an earlier one is not looked at any more. */
  #isOfWindow(slot: number, window: number, rule: BucketRule | undefined): boolean {
    const own = at(this.#columns.window, slot)
    if (window > own) this.#beginWindow(slot, rule, window)
    return window >= own
  }

  /** What this node has to tell: first what is urgent or has changed, then a part of everything, so that whoever missed a frame
   *  hears it later. `frame` is the number of the frame to be sent. */
  entries({ frame, max }: { frame: number; max: number }): BucketEntry[] {
    const told: BucketEntry[] = []
    const dirty = this.#dirty
    this.#dirty = []
    dirty.sort((one, other) => this.#urgency(other) - this.#urgency(one))
    for (const slot of dirty) {
      if (told.length < max) this.#tell(slot, frame, told)
      else this.#dirty.push(slot)
    }
    for (let left = Math.min(this.#end, max - told.length, this.#syncPart()); left > 0; left--) {
      this.#nextSynced = (this.#nextSynced + 1) % this.#end
      if (this.#isTold(this.#nextSynced)) this.#tell(this.#nextSynced, frame, told)
    }
    return told
  }

  /** Within five seconds everything has been told once. */
  #syncPart(): number {
    return Math.ceil((this.#end * this.#tickMs) / 5_000)
  }

  #isTold(slot: number): boolean {
    const { birth, net, flags } = this.#columns
    const isBound = (at(flags, slot) & boundFlag) !== 0
    return isBound && at(birth, slot) !== 0 && at(net, slot) !== 0 && (at(flags, slot) & dirtyFlag) === 0
  }

  #urgency(slot: number): number {
    return at(this.#columns.flags, slot) & urgentFlag
  }

  #tell(slot: number, frame: number, told: BucketEntry[]): void {
    const columns = this.#columns
    const rule = this.#rules[slot]
    columns.flags[slot] = at(columns.flags, slot) & ~(dirtyFlag | urgentFlag)
    if (rule === undefined) return
    if (at(columns.birth, slot) === 0) columns.birth[slot] = frame
    const demand = this.#demandNow(slot)
    // A demand that goes down is told until it has gone.
    if (demand > demandMin) this.#markDirty(slot)
    told.push({
      key: at(columns.key, slot),
      birth: at(columns.birth, slot),
      window: at(columns.window, slot),
      net: at(columns.net, slot),
      balance: at(columns.balance, slot),
      demand,
    })
  }

  /** The demand with what has been asked for in this tick. */
  #demandNow(slot: number): number {
    const { demand, asked, tick } = this.#columns
    const missed = this.#tick - at(tick, slot)
    return (
      (at(demand, slot) * (1 - demandWeight) + (demandWeight * at(asked, slot)) / this.#tickMs) *
      (1 - demandWeight) ** Math.max(0, missed - 1)
    )
  }

  #take(slot: number, amount: number): void {
    const columns = this.#columns
    columns.balance[slot] = at(columns.balance, slot) - amount
    columns.net[slot] = at(columns.net, slot) + amount
    columns.used[slot] = at(columns.used, slot) + amount
    if (this.#members.count > 1 && at(columns.used, slot) * 2 > at(columns.allowed, slot)) this.#markUrgent(slot)
  }

  /** The amount that is missing for a charge: 0 or below when there is enough. */
  #missing(slot: number, rule: BucketRule, { amount, isOwner }: { amount: number; isOwner: boolean }): number {
    const { balance, floor, allowed, used } = this.#columns
    const ofBalance = amount - (at(balance, slot) - at(floor, slot))
    // Shares of a gauge would be fractions of a request. What nodes take of it at the same moment may be too much by that.
    if (isOwner || rule.kind === 'gauge' || this.#members.count === 1) return ofBalance
    return Math.max(ofBalance, amount - (at(allowed, slot) - at(used, slot)))
  }

  #waitMs(slot: number, rule: BucketRule, missing: number): number {
    const { balance } = this.#columns
    const isShare = at(balance, slot) >= missing && this.#members.count > 1
    if (isShare) return this.#tickMs
    return rule.perMs === 0 ? 0 : missing / rule.perMs
  }

  /** Brings a bucket up to now: its window, its refill, and its share of this tick. */
  #bring(slot: number, rule: BucketRule, nowMs: number, window: number): void {
    const columns = this.#columns
    if (window > at(columns.window, slot)) this.#beginWindow(slot, rule, window)
    this.#refill(slot, rule, nowMs)
    if (at(columns.tick, slot) !== this.#tick || at(columns.membersEpoch, slot) !== this.#members.epoch)
      this.#newShare(slot, rule)
  }

  /** Refills on every charge and every frame. Were a full bucket refilled only when it is charged here, what others take
   *  meanwhile would be subtracted from what had long overflowed. */
  #refill(slot: number, rule: BucketRule, nowMs: number): void {
    const columns = this.#columns
    const passedMs = nowMs - at(columns.refilledMs, slot)
    if (passedMs <= 0) return
    columns.refilledMs[slot] = nowMs
    if (rule.perMs === 0) return
    const part = this.#members.heardPart
    const refilled = at(columns.balance, slot) + rule.perMs * part * passedMs
    columns.balance[slot] = Math.min(rule.capacity * part, refilled)
  }

  #newShare(slot: number, rule: BucketRule): void {
    const columns = this.#columns
    const { count, heardPart, epoch } = this.#members
    const isNewTick = at(columns.tick, slot) !== this.#tick
    if (isNewTick) {
      columns.demand[slot] = this.#demandNow(slot)
      columns.asked[slot] = 0
      columns.tick[slot] = this.#tick
    }
    if (at(columns.membersEpoch, slot) !== epoch) {
      columns.membersEpoch[slot] = epoch
      // What cannot be refilled is divided once, when nodes fall silent.
      const balance = Math.max(0, at(columns.balance, slot))
      columns.floor[slot] = rule.perMs === 0 ? balance * (1 - heardPart) : 0
    }
    const spare = at(columns.allowed, slot) - at(columns.used, slot)
    const carried = isNewTick ? Math.min(1, Math.max(0, spare % 1)) : 0
    const available = Math.max(0, at(columns.balance, slot) - at(columns.floor, slot))
    const share = this.#share(slot, count)
    const used = isNewTick ? 0 : at(columns.used, slot)
    columns.allowed[slot] = used + share * (available + rule.perMs * heardPart * this.#tickMs) + carried
    columns.used[slot] = used
  }

  /** This node's part of the balance: by its part of the demand, and a little evenly. */
  #share(slot: number, count: number): number {
    if (count === 1) return 1
    const own = at(this.#columns.demand, slot)
    let all = own
    for (const member of this.#members.all()) {
      if (member.isHeard) all += this.#columns.peers[member.peer]?.demand[slot] ?? 0
    }
    return all <= demandMin ? 1 / count : ((1 - evenPart) * own) / all + evenPart / count
  }

  #beginWindow(slot: number, rule: BucketRule | undefined, window: number): void {
    const columns = this.#columns
    columns.window[slot] = window
    columns.balance[slot] = rule?.capacity ?? 0
    columns.net[slot] = 0
    columns.floor[slot] = 0
    // The share is worked out anew.
    columns.membersEpoch[slot] = 0
    columns.birth[slot] = 0
    for (const peer of columns.peers) {
      if (peer === undefined) continue
      peer.net[slot] = 0
      peer.birth[slot] = 0
    }
  }

  #bind(slot: number, rule: BucketRule, nowMs: number): void {
    const columns = this.#columns
    const before = this.#rules[slot]
    this.#rules[slot] = rule
    const isTold = (at(columns.flags, slot) & boundFlag) === 0 && columns.peers.some((peer) => peer?.birth[slot] !== 0)
    columns.flags[slot] = at(columns.flags, slot) | boundFlag
    columns.membersEpoch[slot] = 0
    if (before !== undefined) {
      columns.balance[slot] = at(columns.balance, slot) + rule.capacity - before.capacity
      return
    }
    if (isTold) return this.#refill(slot, rule, nowMs)
    columns.balance[slot] = rule.capacity * (rule.perMs === 0 ? 1 : this.#members.heardPart)
    columns.refilledMs[slot] = nowMs
  }

  #newSlot(key: number): number {
    if (this.#slots.size >= this.#max) this.#forgetFullest()
    const slot = this.#free.pop() ?? this.#end++
    if (slot >= this.#columns.size) this.#columns.grow()
    this.#columns.key[slot] = key
    this.#slots.set(key, slot)
    return slot
  }

  /** Forgets the fullest of a few buckets: whoever it counted for gains least. */
  #forgetFullest(): void {
    let fullest = -1
    for (let looked = 0; looked < candidates; looked++) {
      this.#hand = (this.#hand + 1) % this.#end
      if (fullest === -1 || this.#fullness(this.#hand) > this.#fullness(fullest)) fullest = this.#hand
    }
    this.forget(fullest)
  }

  #fullness(slot: number): number {
    const rule = this.#rules[slot]
    return rule === undefined ? 0 : at(this.#columns.balance, slot) / rule.capacity
  }

  forget(slot: number): void {
    this.#slots.delete(at(this.#columns.key, slot))
    this.#columns.generation[slot] = at(this.#columns.generation, slot) + 1
    this.#columns.clear(slot)
    this.#rules[slot] = undefined
    this.#free.push(slot)
  }

  #markDirty(slot: number): void {
    const { flags } = this.#columns
    if ((at(flags, slot) & dirtyFlag) !== 0 || this.#members.count === 1) return
    flags[slot] = at(flags, slot) | dirtyFlag
    this.#dirty.push(slot)
  }

  #markUrgent(slot: number): void {
    const { flags } = this.#columns
    if ((at(flags, slot) & urgentFlag) !== 0) return
    flags[slot] = at(flags, slot) | urgentFlag
    this.onUrgent?.()
  }

  #ruleOf(slot: number): BucketRule {
    const rule = this.#rules[slot]
    if (rule === undefined) throw new Error(`the bucket ${slot} has no rule`)
    return rule
  }
}

export interface ChargeTime {
  readonly nowMs: number
  /** The number of the window of a `window` bucket. */
  readonly window: number
  /** The node decides for all nodes, and is not bound to its share. */
  readonly isOwner?: boolean
}

interface Told {
  readonly entry: BucketEntry
  readonly rule: BucketRule | undefined
  readonly nowMs: number
  readonly frame: number
}

function isSame(bound: BucketRule | undefined, rule: BucketRule): boolean {
  return bound?.kind === rule.kind && bound.capacity === rule.capacity && bound.perMs === rule.perMs
}

/** A debt is bounded, so that one long answer cannot close a bucket for ever. Windows and gauges are exact. */
function clamped(rule: BucketRule, balance: number): number {
  return rule.kind === 'flow' ? Math.max(-rule.capacity, Math.min(rule.capacity, balance)) : balance
}

function at(column: Float64Array | Float32Array | Uint32Array | Uint8Array, slot: number): number {
  return column[slot] ?? 0
}
