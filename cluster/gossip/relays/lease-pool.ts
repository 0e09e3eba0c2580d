// What a node may pass on of a bucket: its free amount, and who gets how much of it. The root of a bucket makes what there is, by
// the rule and the part of the nodes that it hears; all others have what their parent granted. Whoever asks gets nine tenths by its
// part of the demand and one tenth evenly, of all that is not spent, and no more than it wants. So all that nodes hold together is
// never more than the bucket has, however late they hear of one another.
import type { BucketRule } from '../bucket-rule.ts'
import { demandMin } from '../bucket-shares.ts'
import { at32, at64, atCount, type BucketSlots } from '../bucket-slots.ts'
import { type ChildRows, noRow } from './child-rows.ts'
import { vouchedOf } from './heard-vouching.ts'
import type { RelayColumns } from './relay-columns.ts'

const evenPart = 0.1
/** The time over which the demand is smoothed, at least: a key that is seldom used has some for a while. */
const demandMsMin = 1_000
const intervalMsMax = 60_000
/** The time in which a new root learns from its children. */
export const youngMs = 2_000
const plentyPart = 0.25

export interface PoolParts {
  readonly slots: BucketSlots
  readonly rows: ChildRows
  readonly columns: RelayColumns
}

export class LeasePool {
  readonly #slots: BucketSlots
  readonly #rows: ChildRows
  readonly #columns: RelayColumns

  constructor({ slots, rows, columns }: PoolParts) {
    this.#slots = slots
    this.#rows = rows
    this.#columns = columns
  }

  /** Makes what has come since the last time. */
  mint(slot: number, rule: BucketRule, { nowMs, part }: { nowMs: number; part: number }): void {
    const { columns } = this.#slots
    const { free, held } = this.#columns
    const passedMs = Math.max(0, nowMs - at64(columns.refilledMs, slot))
    columns.refilledMs[slot] = nowMs
    if (rule.kind === 'window') this.#mintWindow(slot, rule, { nowMs, part })
    else {
      const most = rule.capacity * part - at64(held, slot)
      free[slot] = Math.max(-rule.capacity, Math.min(most, at64(free, slot) + rule.perMs * part * passedMs))
    }
    const isKept = rule.kind === 'window' && at32(this.#columns.part, slot) === 0
    columns.balance[slot] = at64(free, slot) + at64(held, slot) + (isKept ? at64(columns.floor, slot) : 0)
  }

  /** A root that is new, of a bucket of which little is left, listens before it grants anything. What others have spent, as they tell
   *  it, bounds what is left, whatever the root knew of it. */
  #mintWindow(slot: number, { capacity }: BucketRule, { nowMs, part }: { nowMs: number; part: number }): void {
    const { floor } = this.#slots.columns
    const { free, held, rootMs } = this.#columns
    const isYoung = nowMs - at64(rootMs, slot) < youngMs && at64(floor, slot) < capacity * plentyPart
    if (!isYoung) this.divide(slot, part)
    const over = at64(free, slot) + at64(floor, slot) - (capacity - this.allOf(slot) - at64(held, slot))
    if (over <= 0) return
    const ofFloor = Math.min(over, at64(floor, slot))
    floor[slot] = at64(floor, slot) - ofFloor
    free[slot] = at64(free, slot) - (over - ofFloor)
  }

  /** What has been spent of a window, by this node and all that tell it. */
  allOf(slot: number): number {
    let all = at64(this.#slots.columns.net, slot) + at64(this.#columns.lost, slot)
    for (let row = atCount(this.#columns.first, slot) - 1; row !== noRow; row = atCount(this.#rows.next, row) - 1)
      all += at64(this.#rows.all, row)
    return all
  }

  /** What nothing refills is kept for nodes that are not heard, and is there again when they are. */
  divide(slot: number, part: number): void {
    const { floor } = this.#slots.columns
    const { free, part: parts } = this.#columns
    const before = at32(parts, slot)
    parts[slot] = part
    const [kept, there] = [at64(floor, slot), at64(free, slot)]
    let moved = 0
    if (part > before) moved = (kept * (part - before)) / (1 - before)
    else if (part < before && there > 0) moved = -there * (1 - part / before)
    floor[slot] = kept - moved
    free[slot] = there + moved
  }

  /** Grants this node what it may have. */
  serveOwn(slot: number, wants: number): void {
    const { own, held, rest } = this.#columns
    const has = at64(own, slot) - at64(this.#slots.columns.net, slot)
    const raise = this.#raise({ slot, has, wants, demand: at32(this.#columns.demand, slot), rest, index: slot })
    own[slot] = at64(own, slot) + raise
    held[slot] = at64(held, slot) + raise
  }

  /** Grants a child what it may have. Answers how much that is. */
  serve(row: number): number {
    const { slot: slots, wants, demand, granted, rest } = this.#rows
    const slot = atCount(slots, row)
    const asked = { has: this.#rows.heldBy(row), wants: at64(wants, row), demand: at32(demand, row) }
    const raise = this.#raise({ slot, ...asked, rest, index: row })
    granted[row] = at64(granted, row) + raise
    this.#columns.held[slot] = at64(this.#columns.held, slot) + raise
    return raise
  }

  /** Takes what was asked for into the demand. */
  ask(slot: number, amount: number, nowMs: number): void {
    const { demand } = this.#columns
    demand[slot] = this.demandOf(slot, nowMs) + amount / this.#demandMs(slot)
    this.#columns.amount[slot] = amount
  }

  demandOf(slot: number, nowMs: number): number {
    const { demand, demandMs } = this.#columns
    const passedMs = nowMs - at64(demandMs, slot)
    demandMs[slot] = nowMs
    if (passedMs <= 0 || at32(demand, slot) === 0) return at32(demand, slot)
    const left = at32(demand, slot) * Math.exp(-passedMs / this.#demandMs(slot))
    demand[slot] = left > demandMin ? left : 0
    return at32(demand, slot)
  }

  #demandMs(slot: number): number {
    return Math.max(demandMsMin, 2 * at32(this.#columns.intervalMs, slot))
  }

  /** The parent has answered: how long that usually takes is how long a node has to come by with what it holds. */
  answered(slot: number, nowMs: number): void {
    const { toldMs, askedMs, intervalMs } = this.#columns
    const beforeMs = at64(toldMs, slot) > 0 ? at64(toldMs, slot) : at64(askedMs, slot)
    const passedMs = beforeMs === 0 ? 0 : Math.min(intervalMsMax, nowMs - beforeMs)
    intervalMs[slot] = (at32(intervalMs, slot) + passedMs) / 2
    toldMs[slot] = nowMs
  }

  /** What this node would like to have for itself. */
  wantsOf(slot: number, { nowMs, comfortMs }: { nowMs: number; comfortMs: number }): number {
    const demand = this.demandOf(slot, nowMs)
    if (demand <= demandMin) return 0
    return Math.ceil(
      demand * (comfortMs + 2 * at32(this.#columns.intervalMs, slot)) + 2 * at64(this.#columns.amount, slot),
    )
  }

  /** The demand and the wants of all children. */
  ofChildren(slot: number): { demand: number; wants: number; count: number } {
    let [demand, wants, count] = [0, 0, 0]
    for (let row = atCount(this.#columns.first, slot) - 1; row !== noRow; row = atCount(this.#rows.next, row) - 1) {
      demand += at32(this.#rows.demand, row)
      wants += at64(this.#rows.wants, row)
      count++
    }
    return { demand, wants, count }
  }

  #keptBack(slot: number): number {
    const nowMs = at64(this.#slots.columns.refilledMs, slot)
    return atCount(this.#columns.parent, slot) === 1 ? vouchedOf(this.#columns, slot, nowMs) : 0
  }

  #raise({ slot, has, wants, demand, rest, index }: Asked): number {
    const { free, held } = this.#columns
    const there = Math.floor(at64(free, slot) - this.#keptBack(slot))
    if (there < 1 || has >= wants) return 0
    const children = this.ofChildren(slot)
    const all = children.demand + at32(this.#columns.demand, slot)
    const even = 1 / (children.count + 1)
    const share = all <= demandMin ? even : ((1 - evenPart) * demand) / all + evenPart * even
    const due = Math.min(wants, share * (at64(free, slot) + at64(held, slot))) - has + at32(rest, index)
    const raise = Math.min(there, Math.max(0, Math.floor(due)))
    rest[index] = Math.max(0, Math.min(1, due - raise))
    free[slot] = at64(free, slot) - raise
    return raise
  }
}

interface Asked {
  readonly slot: number
  /** What the asker holds already. */
  readonly has: number
  readonly wants: number
  readonly demand: number
  /** Where the part of it that is less than 1 is kept. */
  readonly rest: Float32Array
  readonly index: number
}
