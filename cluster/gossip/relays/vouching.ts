// What a node takes before it is granted anything.
import type { BucketRule } from '../bucket-rule.ts'
import { at32, at64, atCount, atFlags } from '../bucket-slots.ts'
import { freshFlag, movedFlag, vouchedFlag } from './relay-columns.ts'
import type { TreeState } from './tree-state.ts'

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
  own[slot] = at64(own, slot) + vouched
  held[slot] = at64(held, slot) + vouched
  flags[slot] = atFlags(flags, slot) | vouchedFlag
  vouchedMs[slot] = nowMs
}

function early(state: TreeState, slot: number, rule: BucketRule): number {
  const isUnknown = state.is(slot, freshFlag)
  if (state.is(slot, vouchedFlag) || !(isUnknown || state.isPlenty(slot, rule))) return 0
  return Math.floor((rule.capacity * vouchedPart) / state.links.nodes)
}

function evenPartOf(state: TreeState, slot: number, rule: BucketRule, nowMs: number): number {
  const { intervalMs, vouchedMs, parent } = state.columns
  const takesMs = at32(intervalMs, slot)
  // A bucket that fills more slowly loses nothing while its nodes wait.
  const isSlow = takesMs > slowMs && takesMs * rule.perMs > 2 * rule.capacity
  const link = atCount(parent, slot) - 2
  if (!(isSlow || state.links.isDeaf(link)) || !state.links.isHeard(link)) return 0
  // It counts from now on: what came before is the parent's to grant.
  if (at64(vouchedMs, slot) === 0) vouchedMs[slot] = nowMs
  const sinceMs = Math.min(slowMsMax, nowMs - at64(vouchedMs, slot))
  return Math.floor(Math.min(rule.capacity, rule.perMs * sinceMs) / state.links.nodes)
}

/** What a node may still take. */
export function roomOf({ columns, slots }: TreeState, slot: number): number {
  return at64(columns.own, slot) - at64(slots.columns.net, slot)
}
