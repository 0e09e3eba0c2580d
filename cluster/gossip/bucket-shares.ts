// Brings buckets up to now: their refill, their window, and this node's share of what is left.
import type { BucketColumns } from './bucket-columns.ts'
import type { BucketRule } from './bucket-rule.ts'
import { at32, at64, atCount } from './bucket-slots.ts'
import { type BucketTime, isOtherWindow } from './bucket-windows.ts'
import type { Members } from './members.ts'

/** The weight of the last tick in the smoothed demand. */
const demandWeight = 0.4
/** The part of a balance that is shared evenly, so that a node without demand so far can take some at once. */
const evenPart = 0.1
/** Demand below which a bucket is idle, in amount per millisecond. */
export const demandMin = 1e-6

export class BucketShares {
  readonly #columns: BucketColumns
  readonly #members: Members
  readonly #tickMs: number
  #tick = 1

  constructor(columns: BucketColumns, members: Members, tickMs: number) {
    this.#columns = columns
    this.#members = members
    this.#tickMs = tickMs
  }

  /** Begins a new tick: shares are worked out anew, each when its bucket is next used. */
  nextTick(): void {
    this.#tick++
  }

  /** Brings a bucket up to now: its window, its refill, and its share of this tick. */
  bring(slot: number, rule: BucketRule, time: BucketTime): void {
    const columns = this.#columns
    const { nowMs } = time
    if (isOtherWindow(columns, slot, rule, time)) this.beginWindow(slot, rule, rule.kind === 'window' ? time.window : 0)
    this.refill(slot, rule, nowMs)
    if (atCount(columns.tick, slot) !== this.#tick || atCount(columns.membersEpoch, slot) !== this.#members.epoch)
      this.#renew(slot, rule)
  }

  /** Refills on every charge and every frame. Were a full bucket refilled only when it is charged here, what others take
   *  meanwhile would be subtracted from what had long overflowed. */
  refill(slot: number, rule: BucketRule, nowMs: number): void {
    const columns = this.#columns
    const passedMs = nowMs - at64(columns.refilledMs, slot)
    if (passedMs <= 0) return
    columns.refilledMs[slot] = nowMs
    if (rule.perMs === 0) return
    const part = this.#members.heardPart
    const refilled = at64(columns.balance, slot) + rule.perMs * part * passedMs
    columns.balance[slot] = Math.min(rule.capacity * part, refilled)
  }

  beginWindow(slot: number, rule: BucketRule | undefined, window: number): void {
    const columns = this.#columns
    columns.window[slot] = window
    columns.balance[slot] = rule?.capacity ?? 0
    columns.net[slot] = 0
    columns.floor[slot] = 0
    columns.birth[slot] = 0
    // The share is worked out anew.
    columns.membersEpoch[slot] = 0
    for (const peer of columns.peers) {
      if (peer === undefined) continue
      peer.net[slot] = 0
      peer.birth[slot] = 0
    }
  }

  /** The smoothed demand, with what has been asked for since the last tick. */
  demandAt(slot: number): number {
    const { demand, asked, tick } = this.#columns
    const missed = this.#tick - atCount(tick, slot)
    const latest = at32(demand, slot) * (1 - demandWeight) + (demandWeight * at32(asked, slot)) / this.#tickMs
    return latest * (1 - demandWeight) ** Math.max(0, missed - 1)
  }

  /** Takes what was asked for before this tick into the demand. */
  measure(slot: number): void {
    if (atCount(this.#columns.tick, slot) !== this.#tick) this.#beginTick(slot)
  }

  #renew(slot: number, rule: BucketRule): void {
    const columns = this.#columns
    const isNewTick = atCount(columns.tick, slot) !== this.#tick
    const spare = at64(columns.allowed, slot) - at64(columns.used, slot)
    const carried = isNewTick ? Math.min(1, Math.max(0, spare % 1)) : 0
    if (isNewTick) this.#beginTick(slot)
    this.#divide(slot, rule)
    const { heardPart } = this.#members
    const available = Math.max(0, at64(columns.balance, slot) - at64(columns.floor, slot))
    const coming = rule.perMs * heardPart * this.#tickMs
    columns.allowed[slot] = at64(columns.used, slot) + this.shareOf(slot) * (available + coming) + carried
  }

  #beginTick(slot: number): void {
    const columns = this.#columns
    columns.demand[slot] = this.demandAt(slot)
    columns.asked[slot] = 0
    columns.used[slot] = 0
    columns.tick[slot] = this.#tick
  }

  /** What cannot be refilled is divided once, when nodes fall silent: their part is kept for them. */
  #divide(slot: number, rule: BucketRule): void {
    const columns = this.#columns
    const { epoch, heardPart } = this.#members
    if (atCount(columns.membersEpoch, slot) === epoch) return
    columns.membersEpoch[slot] = epoch
    const balance = Math.max(0, at64(columns.balance, slot))
    columns.floor[slot] = rule.perMs === 0 ? balance * (1 - heardPart) : 0
  }

  /** This node's part of the balance: by its part of the demand, and a little evenly. */
  shareOf(slot: number): number {
    const { count } = this.#members
    if (count === 1) return 1
    const own = at32(this.#columns.demand, slot)
    let all = own
    for (const member of this.#members.all()) {
      if (member.isHeard) all += this.#columns.peers[member.peer]?.demand[slot] ?? 0
    }
    return all <= demandMin ? 1 / count : ((1 - evenPart) * own) / all + evenPart / count
  }
}
