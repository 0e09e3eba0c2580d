// What a node hears from those that tell it about a bucket, and what it answers them.
import { at32, at64, atCount, atFlags } from '../bucket-slots.ts'
import { noRow } from './child-rows.ts'
import { hearVouched } from './heard-vouching.ts'
import { youngMs } from './lease-pool.ts'
import type { Granted, Told } from './relay-frame.ts'
import type { TreeState } from './tree-state.ts'

export interface HeardEntry {
  readonly entry: Told
  /** The last frame of this node that the child has heard. */
  readonly heard: number
  readonly nowMs: number
}

export class ChildLeases {
  readonly #state: TreeState
  readonly #onFull: () => void

  constructor(state: TreeState, onFull: () => void) {
    this.#state = state
    this.#onFull = onFull
  }

  /** What this node answers a child. */
  grantedOf(row: number, sequence: number): Granted | undefined {
    const slot = atCount(this.#state.rows.slot, row)
    const rule = this.#state.slots.ruleAt(slot)
    if (atCount(this.#state.rows.link, row) === 0 || rule === undefined) return undefined
    this.#state.rows.toldIn[row] = sequence
    const { columns } = this.#state.slots
    const { free, used } = this.#state.columns
    const elsewhere = at64(free, slot) + at64(used, slot) - at64(this.#state.rows.used, row)
    return {
      key: at64(columns.key, slot),
      kind: rule.kind,
      window: atCount(columns.window, slot),
      granted: rule.kind === 'gauge' ? elsewhere : Math.floor(at64(this.#state.rows.granted, row)),
      balance: Math.floor(at64(columns.balance, slot)),
      part: at32(this.#state.columns.part, slot) || 1,
      isPlenty: this.#state.isPlenty(slot, rule),
      lacksRule: false,
    }
  }

  /** Takes what a child tells of a bucket that is up to now. */
  told(link: number, slot: number, { entry, heard, nowMs }: HeardEntry): void {
    const { first } = this.#state.columns
    let row = this.#state.rows.find(slot, link, first)
    const isKnown = row !== noRow
    if (!isKnown && this.#state.rows.isFull) return this.#onFull()
    const comesBack = isKnown && entry.hasMoved && atFlags(this.#state.rows.hasCome, row) === 0
    if (comesBack && entry.kind !== 'gauge') this.#state.release(row)
    if (!isKnown) row = this.#state.rows.add(slot, link, first)
    this.#state.rows.hasCome[row] = entry.hasMoved ? 1 : 0
    if (entry.kind === 'gauge') this.#tellUsed(row, entry.used)
    else if (isKnown && !comesBack)
      this.#tellMore(row, entry, { isTrusted: heard >= atCount(this.#state.rows.toldIn, row), nowMs })
    else this.#meet(row, entry, nowMs)
    this.#state.rows.all[row] = entry.all
    if (!isKnown || comesBack) this.#forgetReplaced(slot, link)
    this.#state.rows.demand[row] = entry.demand
    this.#state.rows.wants[row] = entry.wants
    if (entry.kind === 'gauge') {
      this.#state.report(slot, this.#state.isTight(slot))
      return this.#state.answerAll(slot)
    }
    const raise = this.#state.pool.serve(row)
    const isShort = this.#state.rows.heldBy(row) * 2 < entry.wants
    if (isShort) this.#state.hungry.add(slot)
    this.#state.links.answer(link, row, raise > 0)
    this.#state.report(slot, isShort)
  }

  /** A child is not heard any more. What it held is spent as far as anybody knows. Of windows and places its row is kept until it is
   *  gone: it may only be cut off, and tells later what it has spent meanwhile. */
  silence(link: number, isGone: boolean): void {
    for (let row = 0; row < this.#state.rows.end; row++) {
      if (atCount(this.#state.rows.link, row) !== link + 1) continue
      const slot = atCount(this.#state.rows.slot, row)
      this.#state.rows.demand[row] = 0
      this.#state.rows.wants[row] = 0
      if (this.#state.slots.ruleAt(slot)?.kind !== 'flow' && !isGone) continue
      this.#state.columns.lost[slot] = at64(this.#state.columns.lost, slot) + at64(this.#state.rows.all, row)
      this.#state.release(row)
      this.#state.rows.remove(row, this.#state.columns.first)
      this.#state.answerAll(slot)
    }
  }

  /** Another node is the home of a row: it tells what those tell that told its forerunner. */
  #forgetReplaced(slot: number, link: number): void {
    for (
      let row = atCount(this.#state.columns.first, slot) - 1;
      row !== noRow;
      row = atCount(this.#state.rows.next, row) - 1
    )
      if (this.#state.links.replaces(link, atCount(this.#state.rows.link, row) - 1)) {
        this.#state.rows.all[row] = 0
        if (this.#state.slots.ruleAt(slot)?.kind === 'gauge') this.#tellUsed(row, 0)
      }
  }

  /** Those that told this node as their home tell another one. */
  dropAll(slot: number): void {
    if (this.#state.slots.ruleAt(slot)?.kind !== 'window') return
    for (
      let row = atCount(this.#state.columns.first, slot) - 1;
      row !== noRow;
      row = atCount(this.#state.columns.first, slot) - 1
    )
      this.#drop(row)
  }

  #drop(row: number): void {
    this.#state.release(row)
    this.#state.rows.remove(row, this.#state.columns.first)
  }

  #tellUsed(row: number, used: number): void {
    const slot = atCount(this.#state.rows.slot, row)
    this.#state.columns.used[slot] = at64(this.#state.columns.used, slot) + used - at64(this.#state.rows.used, row)
    this.#state.rows.used[row] = used
  }

  /** A child that is heard of for the first time: what it holds was granted by somebody else, or by nobody. */
  #meet(row: number, { used, held, isFresh, balance }: Told, nowMs: number): void {
    const slot = atCount(this.#state.rows.slot, row)
    const { columns } = this.#state
    this.#state.rows.used[row] = used
    this.#state.rows.granted[row] = used + held
    columns.held[slot] = at64(columns.held, slot) + held
    columns.free[slot] = at64(columns.free, slot) - held - (isFresh ? used : 0)
    if (isFresh) columns.used[slot] = at64(columns.used, slot) + used
    if (isFresh || !this.#state.isRoot(slot) || nowMs - at64(columns.rootMs, slot) > youngMs) return
    const left = at64(columns.free, slot) + at64(columns.held, slot) + at64(this.#state.slots.columns.floor, slot)
    if (balance >= left) return
    const ofFloor = Math.min(left - balance, at64(this.#state.slots.columns.floor, slot))
    this.#state.slots.columns.floor[slot] = at64(this.#state.slots.columns.floor, slot) - ofFloor
    columns.free[slot] = at64(columns.free, slot) - (left - balance - ofFloor)
  }

  #tellMore(row: number, { used, held }: Told, { isTrusted, nowMs }: { isTrusted: boolean; nowMs: number }): void {
    const slot = atCount(this.#state.rows.slot, row)
    const { columns } = this.#state
    const spent = used - at64(this.#state.rows.used, row)
    const told = used + held - at64(this.#state.rows.granted, row)
    const added = isTrusted ? told : Math.max(0, told)
    this.#state.rows.used[row] = used
    this.#state.rows.granted[row] = at64(this.#state.rows.granted, row) + added
    columns.used[slot] = at64(columns.used, slot) + spent
    columns.held[slot] = at64(columns.held, slot) + added - spent
    columns.free[slot] = at64(columns.free, slot) - added
    if (added > 0) hearVouched(columns, slot, added, nowMs)
  }
}
