// What a node takes before it is granted anything.
import type { BucketRule } from '../bucket-rule.ts'
import { at } from '../bucket-slots.ts'
import { movedFlag, vouchedFlag } from './relay-columns.ts'
import { littlePart, type TreeState } from './tree-state.ts'

/** The part of a full bucket that all nodes together may take so, where much is left. */
const vouchedPart = 0.1
/** Answers that take longer are slow, and a node does not wait for them to use its even part. */
const slowMs = 1_500
const slowMsMax = 60_000

export interface Lacking {
  readonly amount: number
  readonly nowMs: number
}

/** A node that lacks something takes a little, where much was left when it last heard; and its even part of what comes, where
 *  answers take long because there is much to tell. The parent is told of both. */
export function vouch(state: TreeState, slot: number, rule: BucketRule, { amount, nowMs }: Lacking): void {
  if (state.isRoot(slot) || state.is(slot, movedFlag)) return
  const vouched = Math.max(early(state, slot, rule), evenPartOf(state, slot, rule, nowMs))
  if (vouched + roomOf(state, slot) < amount) return
  const { own, held, flags, vouchedMs } = state.columns
  own[slot] = at(own, slot) + vouched
  held[slot] = at(held, slot) + vouched
  flags[slot] = at(flags, slot) | vouchedFlag
  vouchedMs[slot] = nowMs
}

function early(state: TreeState, slot: number, rule: BucketRule): number {
  const most = (rule.capacity * vouchedPart) / state.links.nodes
  const left = at(state.slots.columns.balance, slot) - most
  return state.is(slot, vouchedFlag) || left < rule.capacity * littlePart ? 0 : Math.floor(most)
}

function evenPartOf(state: TreeState, slot: number, rule: BucketRule, nowMs: number): number {
  const { intervalMs, askedMs, vouchedMs, parent } = state.columns
  const asked = at(askedMs, slot)
  const isSlow = at(intervalMs, slot) > slowMs || (asked > 0 && nowMs - asked > slowMs)
  if (!isSlow || !state.links.isHeard(at(parent, slot) - 2)) return 0
  const sinceMs = nowMs - Math.max(at(vouchedMs, slot), nowMs - slowMsMax)
  return Math.floor(Math.min(rule.capacity, rule.perMs * sinceMs) / state.links.nodes)
}

/** What a node may still take. */
export function roomOf({ columns, slots }: TreeState, slot: number): number {
  return at(columns.own, slot) - at(slots.columns.net, slot)
}
