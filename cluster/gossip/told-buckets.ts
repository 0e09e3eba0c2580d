// What nodes tell one another about buckets. Each tells what it has charged in all, so a frame that comes twice or not at all does
// no harm: the last one counts.
import type { PeerColumns } from './bucket-columns.ts'
import type { BucketRule } from './bucket-rule.ts'
import { type BucketShares, demandMin } from './bucket-shares.ts'
import { at64, atCount, atFlags, type BucketSlots } from './bucket-slots.ts'
import { type BucketTime, canBegin } from './bucket-windows.ts'
import type { Member } from './members.ts'
import { SlotQueue } from './slot-queue.ts'

/** What one node tells about one bucket. */
export interface BucketEntry {
  /** The hash that names the bucket on every node. */
  readonly key: number
  /** The sender's frame after its first charge; 0: it has charged nothing, and tells its balance to who knows less. */
  readonly birth: number
  readonly window: number
  /** What the sender has charged, less what it gave back, since `birth` and in `window`. */
  readonly net: number
  /** The sender's balance, for nodes that have not heard of the bucket before. */
  readonly balance: number
  /** The sender's demand, in amount per millisecond. */
  readonly demand: number
  /** What the sender has charged is free again when it goes. */
  readonly isGauge: boolean
}

export interface FrameRoom {
  /** The number of the frame to be sent. */
  readonly frame: number
  readonly max: number
  /** The frame is out of turn: it has what is urgent alone. */
  readonly isUrgent: boolean
}

/** The time in which everything is told once, whether it changed or not. */
const syncMs = 5_000

/** The part of a frame in turn that is for what is urgent. */
const urgentPartMax = 0.75

const dirtyFlag = 1
const urgentFlag = 2
/** Another node has told of the bucket. */
const heardFlag = 4
const gaugeFlag = 8

export class ToldBuckets {
  readonly #slots: BucketSlots
  readonly #shares: BucketShares
  readonly #tickMs: number
  /** Buckets that have changed, and those of them that are being used up. */
  readonly #changed = new SlotQueue()
  readonly #urgent = new SlotQueue()
  #lastSynced = 0
  /** The number of the last frame. */
  #frame = 0

  constructor(slots: BucketSlots, shares: BucketShares, tickMs: number) {
    this.#slots = slots
    this.#shares = shares
    this.#tickMs = tickMs
  }

  /** Adds to what this node has charged. */
  addCharge(slot: number, amount: number): void {
    const { net, birth } = this.#slots.columns
    net[slot] = at64(net, slot) + amount
    if (atCount(birth, slot) === 0) birth[slot] = this.#frame + 1
  }

  markDirty(slot: number): void {
    const { flags } = this.#slots.columns
    flags[slot] = atFlags(flags, slot) | dirtyFlag
    this.#changed.add(slot)
  }

  /** Answers whether the bucket was not urgent before. */
  markUrgent(slot: number): boolean {
    const { flags } = this.#slots.columns
    if ((atFlags(flags, slot) & urgentFlag) !== 0) return false
    flags[slot] = atFlags(flags, slot) | urgentFlag
    this.#urgent.add(slot)
    return true
  }

  isGauge(slot: number): boolean {
    const rule = this.#slots.ruleAt(slot)
    return rule === undefined ? (atFlags(this.#slots.columns.flags, slot) & gaugeFlag) !== 0 : rule.kind === 'gauge'
  }

  hasHeardOf(slot: number): boolean {
    return (atFlags(this.#slots.columns.flags, slot) & heardFlag) !== 0
  }

  /** What this node has to tell: first what is urgent, then what has changed, each in its turn, then a part of everything, so that
   *  whoever missed a frame hears it later. */
  entries({ frame, max, isUrgent }: FrameRoom): BucketEntry[] {
    this.#frame = frame
    const told: BucketEntry[] = []
    // A flood of what is urgent leaves room for the rest.
    this.#tellNext(this.#urgent, urgentFlag, { told, max: isUrgent ? max : Math.ceil(max * urgentPartMax) })
    if (isUrgent) return told
    this.#tellNext(this.#changed, dirtyFlag, { told, max })
    this.#sync(max, told)
    return told
  }

  #tellNext(queue: SlotQueue, flag: number, { told, max }: { told: BucketEntry[]; max: number }): void {
    // What is told now can wait for its next turn at once.
    for (let left = queue.length; left > 0 && told.length < max; left--) {
      const slot = queue.next()
      if (slot !== undefined && (atFlags(this.#slots.columns.flags, slot) & flag) !== 0) this.#tell(slot, told)
    }
  }

  #sync(max: number, told: BucketEntry[]): void {
    const { end } = this.#slots
    const part = Math.ceil((end * this.#tickMs) / syncMs)
    for (let left = Math.min(end, max - told.length, part); left > 0; left--) {
      this.#lastSynced = (this.#lastSynced + 1) % end
      if (this.#isTold(this.#lastSynced)) this.#tell(this.#lastSynced, told)
    }
  }

  #isTold(slot: number): boolean {
    const { balance, flags } = this.#slots.columns
    const rule = this.#slots.ruleAt(slot)
    if ((atFlags(flags, slot) & dirtyFlag) !== 0) return false
    return rule === undefined ? this.hasHeardOf(slot) : at64(balance, slot) < rule.capacity
  }

  #tell(slot: number, told: BucketEntry[]): void {
    const { columns } = this.#slots
    columns.flags[slot] = atFlags(columns.flags, slot) & ~(dirtyFlag | urgentFlag)
    if (this.#slots.ruleAt(slot) === undefined && !this.hasHeardOf(slot)) return
    const demand = this.#shares.demandAt(slot)
    // A demand that goes down is told until it has gone.
    if (demand > demandMin) this.markDirty(slot)
    told.push({
      key: at64(columns.key, slot),
      birth: atCount(columns.birth, slot),
      window: atCount(columns.window, slot),
      net: at64(columns.net, slot),
      balance: at64(columns.balance, slot),
      demand,
      isGauge: this.isGauge(slot),
    })
  }

  /** Gives a rule to a bucket that only others have told of: the balance is what another node told last; of a window, everybody's charges are missing in it at least. */
  bind(slot: number, rule: BucketRule, nowMs: number): void {
    const { columns } = this.#slots
    let balance = clamped(rule, at64(columns.balance, slot))
    if (rule.kind === 'window') {
      let left = rule.capacity
      for (const peer of columns.peers) left -= peer?.net[slot] ?? 0
      balance = Math.min(balance, left)
    }
    columns.balance[slot] = balance
    this.#shares.refill(slot, rule, nowMs)
  }

  /** Takes what another node tells about a bucket. */
  merge(member: Member, entry: BucketEntry, nowMs: number): void {
    const slots = this.#slots
    const peer = slots.columns.peers[member.peer]
    if (peer === undefined) return
    const slot = slots.find(entry.key) ?? slots.add(entry.key)
    const rule = slots.ruleAt(slot)
    if (rule !== undefined) this.#shares.refill(slot, rule, nowMs)
    if (!this.#isOfWindow(slot, rule, { nowMs, window: entry.window })) return
    this.#takeOver(slot, peer, { entry, rule, nowMs, isNewcomer: member.firstSequence > entry.birth })
    const kind = entry.isGauge ? gaugeFlag : 0
    slots.columns.flags[slot] = atFlags(slots.columns.flags, slot) | heardFlag | kind
    peer.demand[slot] = entry.demand
  }

  /** Begins a later window when another node has; an earlier one is not looked at any more. */
  #isOfWindow(slot: number, rule: BucketRule | undefined, time: BucketTime): boolean {
    const { columns } = this.#slots
    const own = atCount(columns.window, slot)
    if (time.window <= own || (rule !== undefined && rule.kind !== 'window')) return time.window === own
    if (!canBegin(columns, slot, time)) return false
    this.#shares.beginWindow(slot, rule, time.window)
    return true
  }

  #takeOver(slot: number, peer: PeerColumns, { entry, rule, nowMs, isNewcomer }: Told): void {
    const { columns } = this.#slots
    const balance = at64(columns.balance, slot)
    if (entry.birth === 0 && this.hasHeardOf(slot)) return
    const isKnown = entry.isGauge || (atCount(peer.birth, slot) === entry.birth && entry.birth !== 0)
    const before = isKnown ? at64(peer.net, slot) : 0
    peer.net[slot] = entry.net
    peer.birth[slot] = entry.birth
    if (rule === undefined && !entry.isGauge) {
      // How much the bucket holds is not known: the last that was told is what is left.
      columns.balance[slot] = entry.balance
      columns.refilledMs[slot] = nowMs
    } else if (isKnown) columns.balance[slot] = clamped(rule, agreed(rule, balance - (entry.net - before), entry))
    else if (!isNewcomer) columns.balance[slot] = clamped(rule, balance - unheard(rule, entry))
    // The sender had charged before this node listened: its balance knows what nobody told this node.
    else columns.balance[slot] = Math.min(balance, entry.balance)
  }
}

/** Differences up to what comes in this time are no disagreement: messages take a while. */
const agreedMs = 60
/** The part of a difference that each message takes away. */
const agreedPart = 0.05

function agreed(rule: BucketRule | undefined, balance: number, entry: BucketEntry): number {
  if (rule?.isAgreed !== true) return balance
  const differs = entry.balance - balance
  const tolerated = rule.perMs * agreedMs
  if (Math.abs(differs) <= tolerated) return balance
  return balance + agreedPart * (differs - Math.sign(differs) * tolerated)
}

interface Told {
  readonly entry: BucketEntry
  readonly rule: BucketRule | undefined
  readonly nowMs: number
  /** The sender told of the bucket before this node listened to it. */
  readonly isNewcomer: boolean
}

/** What the sender of a first entry has charged, less what has been refilled since. */
function unheard(rule: BucketRule | undefined, { net, balance }: BucketEntry): number {
  return rule?.kind === 'flow' ? Math.min(net, Math.max(0, rule.capacity - balance)) : net
}

/** A debt is bounded, so that one long answer cannot close a bucket for ever. Windows and gauges are exact. */
export function clamped(rule: BucketRule | undefined, balance: number): number {
  return rule?.kind === 'flow' ? Math.max(-rule.capacity, Math.min(rule.capacity, balance)) : balance
}
