// Who is the parent of a bucket, and what a node has that becomes its root.
import type { BucketRule } from '../bucket-rule.ts'
import { at64, atCount, atFlags } from '../bucket-slots.ts'
import type { ChildLeases } from './child-leases.ts'
import { youngMs } from './lease-pool.ts'
import { freshFlag, movedFlag, ruleToldFlag } from './relay-columns.ts'
import type { TreeState } from './tree-state.ts'

export class TreeRoots {
  readonly #state: TreeState
  readonly #children: ChildLeases

  constructor(state: TreeState, children: ChildLeases) {
    this.#state = state
    this.#children = children
  }

  /** Looks who the parent is now. */
  settle(slot: number, rule: BucketRule, nowMs: number): void {
    const link = this.#state.links.parentOf(at64(this.#state.slots.columns.key, slot))
    const { parent, flags } = this.#state.columns
    const before = atCount(parent, slot)
    const now = link === undefined ? 1 : link + 2
    if (now === before) return
    parent[slot] = now
    if (now === 1) {
      this.#becomeRoot(slot, rule, nowMs)
      flags[slot] = atFlags(flags, slot) & ~(freshFlag | movedFlag)
      return
    }
    if (before === 1) this.#leaveRoot(slot, rule)
    if (link !== undefined && this.#state.links.isInRow(link)) this.#children.dropAll(slot)
    flags[slot] = (atFlags(flags, slot) & ~ruleToldFlag) | (before === 0 ? 0 : movedFlag)
    this.#state.report(slot, true)
  }

  /** A new root has what it was told to be left, less what those behind it hold of it. */
  #becomeRoot(slot: number, rule: BucketRule, nowMs: number): void {
    const { columns } = this.#state.slots
    const { free, held, part, rootMs } = this.#state.columns
    rootMs[slot] = this.#state.is(slot, freshFlag) && !this.#state.links.isNew() ? nowMs - youngMs : nowMs
    columns.refilledMs[slot] = nowMs
    if (rule.kind === 'gauge') return
    const left = Math.max(0, Math.min(rule.capacity, at64(columns.balance, slot)))
    const toldPart = this.#state.toldPart(slot, rule.kind)
    part[slot] = 0
    if (rule.kind === 'flow') free[slot] = left * this.#state.links.partOf('flow') - at64(held, slot)
    else {
      columns.floor[slot] = Math.min(rule.capacity, left / toldPart)
      free[slot] = -at64(held, slot)
    }
  }

  #leaveRoot(slot: number, rule: BucketRule): void {
    if (rule.kind === 'gauge') return
    this.#state.slots.columns.floor[slot] = 0
    this.#state.columns.free[slot] = 0
  }
}
