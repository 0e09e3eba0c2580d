// One candidate for one lease, as a state machine without I/O. At most one candidate believes that it holds, whatever
// is lost or late, as long as clocks run at nearly the same rate; no two clocks are ever compared. A holder believes
// for `durationMs`, counted from the moment at which it sent its last write that was stored. A contender takes over
// only after it has seen the same write for `patienceMs`, which began after that write was sent; and its own write is
// stored only while that write is still the last one.
import assert from 'node:assert/strict'
import { isEpochAhead } from '../../shared/epochs.ts'
import type { LeaseRecord, LeaseValue } from './lease-store.ts'

export interface LeaseTimes {
  readonly durationMs: number
  readonly renewMs: number
  /** The patience is longer than the duration by the most that two clocks may drift apart meanwhile. */
  readonly patienceMs: number
  /** The interval between two reads. */
  readonly lookMs: number
}

/** A holder that died is replaced within 3.5 to 4 s of its last write. */
export const leaseTimes: LeaseTimes = { durationMs: 3_000, renewMs: 1_000, patienceMs: 3_500, lookMs: 400 }

/** `watch` only reads, so that the patience has begun when the wish becomes `hold`. */
export type LeaseWish = 'ignore' | 'watch' | 'hold'

export type LeaseStep = { type: 'read' } | { type: 'write'; value: LeaseValue; expected: number }

export type WriteOutcome =
  | { type: 'stored'; sequence: number }
  /** Another write came first. */
  | { type: 'refused' }
  | { type: 'unknown' }

interface Held {
  epoch: number
  sequence: number
  /** The time at which the last stored write was sent. */
  sinceMs: number
}

const sentKept = 8

export class Lease {
  readonly #owner: string
  readonly #times: LeaseTimes
  #wish: LeaseWish = 'ignore'
  /** The record that was read last, and since when it is unchanged. Undefined: it was never read. */
  #seen: { record: LeaseRecord | undefined; sinceMs: number } | undefined
  #held: Held | undefined
  #underWay: { step: LeaseStep; sentMs: number } | undefined
  /** True while a write of ours, or of another node, may have been stored: the next step must be a read. */
  #inDoubt = true
  /** Send times of the last writes by their beat: sometimes only a read tells which of them was stored. */
  readonly #sentMs = new Map<number, number>()
  #beat = 0
  /** The beat of the last release: records that were written before it no longer count, however late they are read. */
  #beatGivenBack = 0
  #dueMs = Number.NEGATIVE_INFINITY
  #epochKnown = 0

  /** `owner` is unique to this boot of this node. */
  constructor(owner: string, times: LeaseTimes = leaseTimes) {
    assert(times.patienceMs > times.durationMs && times.renewMs * 2 < times.durationMs)
    this.#owner = owner
    this.#times = times
  }

  wish(wish: LeaseWish): void {
    if (wish === this.#wish) return
    // A change from `watch` to `hold` must not reset the rhythm of reads; everything else is due at once.
    if (wish === 'hold' && this.#seen === undefined) this.#dueMs = Number.NEGATIVE_INFINITY
    if (this.#held !== undefined) this.#dueMs = Number.NEGATIVE_INFINITY
    this.#wish = wish
  }

  /** Reports an epoch that another node announced: the next epoch acquired here is higher, even if the store has lost
   *  it. */
  hear(epoch: number): void {
    if (epoch > this.#epochKnown) this.#epochKnown = epoch
  }

  /** The epoch under which this candidate may act now. */
  holds(nowMs: number): number | undefined {
    const held = this.#held
    return held !== undefined && nowMs - held.sinceMs < this.#times.durationMs ? held.epoch : undefined
  }

  /** How long the lease has not been written, as far as was seen. */
  unchangedMs(nowMs: number): number {
    return this.#seen === undefined ? 0 : nowMs - this.#seen.sinceMs
  }

  /** Returns the step to take now, if there is one. Its outcome has to be reported before the next step. */
  next(nowMs: number, wallMs: number): LeaseStep | undefined {
    if (this.#underWay !== undefined || nowMs < this.#dueMs) return undefined
    if (this.#held !== undefined && this.holds(nowMs) === undefined) this.#held = undefined
    const step = this.#step(nowMs, wallMs)
    if (step === undefined) return undefined
    this.#underWay = { step, sentMs: nowMs }
    if (step.type === 'write') this.#noteSent(step.value.beat, nowMs)
    return step
  }

  onRead(record: LeaseRecord | undefined, nowMs: number): void {
    this.#underWay = undefined
    if (this.#seen === undefined || this.#seen.record?.sequence !== record?.sequence) {
      this.#seen = { record, sinceMs: nowMs }
    }
    if (record !== undefined) this.hear(record.epoch)
    this.#believe(record)
    this.#inDoubt = false
    const mayWrite = this.#wish === 'hold' && this.#held === undefined && this.#mayTake(nowMs)
    this.#dueMs = mayWrite ? nowMs : nowMs + this.#times.lookMs
  }

  onReadFailed(nowMs: number): void {
    this.#underWay = undefined
    this.#dueMs = nowMs + this.#times.lookMs
  }

  onWritten(outcome: WriteOutcome, nowMs: number): void {
    const { step, sentMs } = this.#underWay!
    assert(step.type === 'write')
    this.#underWay = undefined
    if (outcome.type === 'stored') {
      const { value } = step
      this.#seen = { record: { ...value, sequence: outcome.sequence }, sinceMs: nowMs }
      this.hear(value.epoch)
      this.#held = value.owner === '' ? undefined : { epoch: value.epoch, sequence: outcome.sequence, sinceMs: sentMs }
      this.#dueMs = sentMs + this.#times.renewMs
    } else {
      this.#inDoubt = true
      this.#dueMs = outcome.type === 'refused' ? nowMs : nowMs + this.#times.lookMs
    }
  }

  #step(nowMs: number, wallMs: number): LeaseStep | undefined {
    if (this.#wish !== 'hold') {
      if (this.#held !== undefined) return this.#giveBack(this.#held)
      return this.#wish === 'watch' ? { type: 'read' } : undefined
    }
    if (this.#inDoubt || this.#seen === undefined) return { type: 'read' }
    if (this.#held !== undefined) {
      // The clock was far ahead when the lease was taken: nobody believes what is said under such an epoch.
      if (isEpochAhead(this.#held.epoch, wallMs)) return this.#giveBack(this.#held)
      return this.#write(this.#held.epoch, this.#held.sequence)
    }
    if (!this.#mayTake(nowMs)) return { type: 'read' }
    const { record } = this.#seen
    // Nobody has written since we did, so nobody else has acted: the epoch is still ours.
    const isOurs = record?.owner === this.#owner && record.epoch >= this.#epochKnown
    if (isOurs && !isEpochAhead(record.epoch, wallMs)) return this.#write(record.epoch, record.sequence)
    return this.#write(this.#nextEpoch(record, wallMs), record?.sequence ?? 0)
  }

  /** Time in seconds grows faster than owners change: a store that lost its past cannot make an epoch come back. Epochs of the
   *  future, which a wrong clock has made, were believed by nobody and count for nothing. */
  #nextEpoch(record: LeaseRecord | undefined, wallMs: number): number {
    const known = [record?.epoch ?? 0, this.#epochKnown].filter((epoch) => !isEpochAhead(epoch, wallMs))
    return Math.max(...known.map((epoch) => epoch + 1), Math.floor(wallMs / 1_000))
  }

  /** Ends the belief before the write is sent that lets other nodes acquire the lease. */
  #giveBack(held: Held): LeaseStep {
    this.#held = undefined
    this.#beatGivenBack = ++this.#beat
    return { type: 'write', value: { owner: '', epoch: held.epoch, beat: this.#beat }, expected: held.sequence }
  }

  #mayTake(nowMs: number): boolean {
    if (this.#seen === undefined) return false
    const { record, sinceMs } = this.#seen
    return this.#isFree(record) || nowMs - sinceMs >= this.#times.patienceMs
  }

  /** An absent record is not free: it may have been lost with its store while its holder still believes. */
  #isFree(record: LeaseRecord | undefined): boolean {
    return record?.owner === '' || record?.owner === this.#owner
  }

  /** Decides what a read makes us believe. When the last write is ours, we hold since it was sent, if that time is
   *  still known; else we do not hold. A read may show the past: a write from before our release makes nobody believe,
   *  and in all other cases the patience of others outlasts what we can believe. */
  #believe(record: LeaseRecord | undefined): void {
    const isOurs = record?.owner === this.#owner && record.beat > this.#beatGivenBack && this.#wish === 'hold'
    const sinceMs = isOurs ? this.#sentMs.get(record.beat) : undefined
    this.#held = isOurs && sinceMs !== undefined ? { ...record, sinceMs } : undefined
  }

  #write(epoch: number, expected: number): LeaseStep {
    return { type: 'write', value: { owner: this.#owner, epoch, beat: ++this.#beat }, expected }
  }

  #noteSent(beat: number, nowMs: number): void {
    this.#sentMs.set(beat, nowMs)
    for (const known of this.#sentMs.keys()) if (known <= beat - sentKept) this.#sentMs.delete(known)
  }
}
