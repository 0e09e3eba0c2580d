// One candidate for one lease, as a state machine without I/O. At most one candidate believes that it holds, whatever is
// lost or late, as long as clocks run at nearly the same rate; no two clocks are ever compared. A holder believes for
// `durationMs` from the moment at which it sent its last write that was stored. A contender takes over only when it has
// looked at the same write for `patienceMs`, which began after that write was sent; and its own write is stored only when
// that is still the last one.
import assert from 'node:assert/strict'
import type { LeaseRecord, LeaseValue } from './lease-store.ts'

export interface LeaseTimes {
  readonly durationMs: number
  readonly renewMs: number
  /** Longer than the duration by as much as two clocks may drift apart meanwhile. */
  readonly patienceMs: number
  /** Between two looks. */
  readonly lookMs: number
}

/** A holder that is gone is replaced within 3.5 to 4 s of its last write. */
export const leaseTimes: LeaseTimes = { durationMs: 3_000, renewMs: 1_000, patienceMs: 3_500, lookMs: 400 }

/** `watch`: only looks, so that its patience has begun when it comes to want. */
export type LeaseWish = 'ignore' | 'watch' | 'hold'

export type LeaseStep = { type: 'read' } | { type: 'write'; value: LeaseValue; expected: number }

export type WriteOutcome =
  | { type: 'stored'; sequence: number }
  /** Something else was written since. */
  | { type: 'refused' }
  | { type: 'unknown' }

interface Held {
  epoch: number
  sequence: number
  /** When the last write that was stored was sent. */
  sinceMs: number
}

const sentKept = 8

export class Lease {
  readonly #owner: string
  readonly #times: LeaseTimes
  #wish: LeaseWish = 'ignore'
  /** What was looked at last, and since when it is the same. Undefined: never looked. */
  #seen: { record: LeaseRecord | undefined; sinceMs: number } | undefined
  #held: Held | undefined
  #underWay: { step: LeaseStep; sentMs: number } | undefined
  /** A write of ours may have been stored, or somebody else's: nothing is written before a look. */
  #inDoubt = true
  /** Moments of the last writes by their beat: which of them was stored is sometimes learned only by looking. */
  readonly #sentMs = new Map<number, number>()
  #beat = 0
  /** Of the write that gave it back last: what was written before counts no more, however late it is seen. */
  #beatGivenBack = 0
  #dueMs = Number.NEGATIVE_INFINITY
  #epochKnown = 0

  /** `owner`: of this boot of this node, unique. */
  constructor(owner: string, times: LeaseTimes = leaseTimes) {
    assert(times.patienceMs > times.durationMs && times.renewMs * 2 < times.durationMs)
    this.#owner = owner
    this.#times = times
  }

  wish(wish: LeaseWish): void {
    if (wish === this.#wish) return
    // Going from looking to wanting must not reset the rhythm of looks; everything else is due at once.
    if (wish === 'hold' && this.#seen === undefined) this.#dueMs = Number.NEGATIVE_INFINITY
    if (this.#held !== undefined) this.#dueMs = Number.NEGATIVE_INFINITY
    this.#wish = wish
  }

  /** An epoch that was heard of elsewhere: the next one taken here is higher, even if the store has forgotten it. */
  hear(epoch: number): void {
    if (epoch > this.#epochKnown) this.#epochKnown = epoch
  }

  /** The epoch under which this candidate may act now. */
  holds(nowMs: number): number | undefined {
    const held = this.#held
    return held !== undefined && nowMs - held.sinceMs < this.#times.durationMs ? held.epoch : undefined
  }

  /** For how long nobody has written, as far as was seen. */
  unchangedMs(nowMs: number): number {
    return this.#seen === undefined ? 0 : nowMs - this.#seen.sinceMs
  }

  /** What is to be done now, if anything; its outcome has to be told before there is a next step. */
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
    if (this.#held !== undefined) return this.#write(this.#held.epoch, this.#held.sequence)
    if (!this.#mayTake(nowMs)) return { type: 'read' }
    const { record } = this.#seen
    // Nobody has written since we did, so nobody else has acted: it is still our epoch.
    if (record?.owner === this.#owner && record.epoch >= this.#epochKnown) {
      return this.#write(record.epoch, record.sequence)
    }
    // Time in seconds grows faster than owners change: a store that lost its past cannot bring an epoch back.
    const epoch = Math.max((record?.epoch ?? 0) + 1, this.#epochKnown + 1, Math.floor(wallMs / 1_000))
    return this.#write(epoch, record?.sequence ?? 0)
  }

  /** Belief ends before the write that lets others in is sent. */
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

  /** One that is absent may have been lost with its store, while its holder still believes. */
  #isFree(record: LeaseRecord | undefined): boolean {
    return record?.owner === '' || record?.owner === this.#owner
  }

  /**
   * When the last write is ours we hold since it was sent, if we still know when that was; else we do not hold. A look may
   * show the past: what we wrote before we gave it back makes nobody believe, and in all else the patience of others
   * outlasts what we can believe of it.
   */
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
