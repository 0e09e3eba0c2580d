// What the parts of the tree of leases share: its columns, its links and what they say of a bucket.
import type { BucketRule } from '../bucket-rule.ts'
import { at32, at64, atCount, atFlags, type BucketSlots } from '../bucket-slots.ts'
import { SlotQueue } from '../slot-queue.ts'
import { ChildRows, noRow } from './child-rows.ts'
import { LeasePool } from './lease-pool.ts'
import { plentyFlag, RelayColumns } from './relay-columns.ts'

/** Where parents and children are. Links are numbers. */
export interface TreeLinks {
  /** The nodes that share the buckets. */
  readonly nodes: number
  /** The link to the parent; undefined where this node is the root. */
  parentOf(key: number): number | undefined
  /** The part of the nodes that the root of a bucket hears. */
  partOf(kind: BucketRule['kind']): number
  /** The time for which a node should hold enough, so that what it asks for comes before it needs it. */
  comfortMs(link: number | undefined): number
  /** Whether a node has taken the place of another one. */
  replaces(link: number, other: number): boolean
  /** Whether a parent is the home in this node's own row. */
  isInRow(link: number): boolean
  /** Whether something came from a node just now. */
  isHeard(link: number): boolean
  /** Whether nothing comes to a node that is heard. */
  isDeaf(link: number): boolean
  /** Whether this node has begun to relay a short time ago. */
  isNew(): boolean
  report(link: number, slot: number, isUrgent: boolean): void
  answer(link: number, row: number, isUrgent: boolean): void
}

/** The part of a full bucket below which little is left of it. */
export const littlePart = 0.25

export class TreeState {
  readonly columns = new RelayColumns()
  readonly slots: BucketSlots
  readonly links: TreeLinks
  readonly rows: ChildRows
  readonly pool: LeasePool
  /** Buckets of which somebody wants more than there is. */
  readonly hungry = new SlotQueue()

  constructor({ slots, links, rowsMax }: { slots: BucketSlots; links: TreeLinks; rowsMax: number }) {
    this.slots = slots
    this.links = links
    this.rows = new ChildRows(rowsMax)
    this.pool = new LeasePool({ slots, rows: this.rows, columns: this.columns })
    this.columns.ensure(slots.columns.size)
  }

  is(slot: number, flag: number): boolean {
    return (atFlags(this.columns.flags, slot) & flag) !== 0
  }

  isRoot(slot: number): boolean {
    return atCount(this.columns.parent, slot) === 1
  }

  wantsOf(slot: number, nowMs: number): number {
    const parent = atCount(this.columns.parent, slot)
    return this.pool.wantsOf(slot, { nowMs, comfortMs: this.links.comfortMs(parent > 1 ? parent - 2 : undefined) })
  }

  report(slot: number, isUrgent: boolean): void {
    const parent = atCount(this.columns.parent, slot)
    if (parent > 1) this.links.report(parent - 2, slot, isUrgent)
  }

  answerAll(slot: number): void {
    for (let row = atCount(this.columns.first, slot) - 1; row !== noRow; row = atCount(this.rows.next, row) - 1)
      this.links.answer(atCount(this.rows.link, row) - 1, row, this.isTight(slot))
  }

  /** Few places of a gauge are left: the others should hear of each. */
  isTight(slot: number): boolean {
    const rule = this.slots.ruleAt(slot)
    return rule?.kind === 'gauge' && at64(this.slots.columns.balance, slot) < rule.capacity * littlePart
  }

  /** Whether much of a bucket is promised to nobody. The root knows, all others have been told. */
  isPlenty(slot: number, rule: BucketRule): boolean {
    if (!this.isRoot(slot)) return this.is(slot, plentyFlag)
    return rule.kind !== 'gauge' && at64(this.columns.free, slot) > rule.capacity * littlePart
  }

  /** The part of the nodes for which the balance was told. */
  toldPart(slot: number, kind: BucketRule['kind']): number {
    return kind === 'window' ? at32(this.columns.part, slot) || 1 : 1
  }

  /** What a child held is spent as far as anybody knows. */
  release(row: number): void {
    const slot = atCount(this.rows.slot, row)
    const { used, held } = this.columns
    if (this.slots.ruleAt(slot)?.kind === 'gauge') {
      used[slot] = at64(used, slot) - at64(this.rows.used, row)
      return
    }
    const lost = this.rows.heldBy(row)
    used[slot] = at64(used, slot) + lost
    held[slot] = at64(held, slot) - lost
  }
}
