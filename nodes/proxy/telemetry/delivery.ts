// Brings batches to the aggregator at least once. Each goes out as soon as it is finished; what is not confirmed in time,
// or was left by an earlier boot, is walked again in the order of its sequences, one walk at a time and at a bounded
// rate. Whoever carries batches on may ask to hold back, because the network is away or full: then they stay where they are.
// A batch lies in the spool or, when the spool could not take it, in memory; memory is bounded, and what has to be dropped
// from it is counted and told.
import { type Bus, decodeJson, type Subscription, subjects } from '../../../cluster/bus/bus.ts'
import type { Clock, Timer } from '../../../shared/clock.ts'
import type { Notify } from '../../../shared/notice.ts'
import { setPrevious } from '../../../shared/telemetry/batch.ts'
import { decodeStored, type Stored } from '../../../shared/telemetry/stored.ts'
import { readSegment, type SpooledBatch } from './segment-reader.ts'
import type { Segment, Spool } from './spool.ts'

export interface DeliveryOptions {
  /** Of this boot. Unique among all nodes, so confirmations need no other address. */
  epoch: string
  spool: Spool
  bus: Bus
  clock: Clock
  notify: Notify
  memoryRecordsMax: number
  memoryBytesMax: number
}

const lookMs = 500
const settleLookMs = 20
const patienceMsMin = 3_000
const patienceMsMax = 30_000
/** A gap that the aggregator names is filled at once, but not more often than this. */
const gapMs = 1_000
const syncAfterMs = 2_000
const dropNoticeMs = 10_000
/** A walk sends one burst, then waits: 10 MiB/s at most. */
const burstBytes = 256 << 10
const burstPauseMs = 25
const pieceBytes = 640 << 10
/** A walk that is held back looks so often whether it may go on. */
const heldBackMs = 250

export class Delivery {
  readonly #options: DeliveryOptions
  /** Finished batches that the spool could not take, oldest first. */
  #memory: SpooledBatch[] = []
  #memoryRecords = 0
  #memoryBytes = 0
  #last = 0
  #confirmed = 0
  #dropped = 0
  #droppedUntold = 0
  #toldAtMs = Number.NEGATIVE_INFINITY
  #progressAtMs: number
  #patienceMs = patienceMsMin
  #walkEndedAtMs = Number.NEGATIVE_INFINITY
  #walk: Promise<void> | undefined
  #closed = false
  #isHeldBack = false
  #timer: Timer | undefined
  #subscriptions: Subscription[] = []

  constructor(options: DeliveryOptions) {
    this.#options = options
    this.#progressAtMs = options.clock.monotonicMs()
  }

  get dropped(): number {
    return this.#dropped
  }

  /** Finished records that no aggregator has confirmed. */
  get unconfirmed(): number {
    return this.#last - this.#confirmed
  }

  /** The last record up to which all are. */
  get confirmed(): number {
    return this.#confirmed
  }

  get inMemory(): number {
    return this.#memoryRecords
  }

  start(): void {
    const { bus, clock } = this.#options
    this.#subscriptions = [
      bus.subscribe(subjects.telemetryStored, (payload) => {
        const stored = decodeStored(payload)
        if (stored !== undefined) this.#onStored(stored)
      }),
      bus.subscribe(subjects.telemetryFlow, (payload) => {
        const { isAccepting } = decodeJson(payload) as { isAccepting: boolean }
        this.#onFlow(isAccepting)
      }),
    ]
    this.#timer = clock.every(lookMs, () => this.#look())
    if (this.#leftovers().length > 0) this.#startWalk(false)
  }

  /** Resolves once all is confirmed, or after `msMax`. */
  async settle(msMax: number): Promise<void> {
    const { clock } = this.#options
    const untilMs = clock.monotonicMs() + msMax
    while (this.unconfirmed > 0 && clock.monotonicMs() < untilMs) {
      await new Promise<void>((resume) => clock.after(settleLookMs, resume))
    }
  }

  async stop(): Promise<void> {
    this.#closed = true
    this.#timer?.cancel()
    for (const subscription of this.#subscriptions) subscription.stop()
    this.#tellDropped()
    await this.#walk
  }

  /** A finished batch. `bytes` is given away. */
  send(batch: SpooledBatch, spooled: boolean): void {
    if (this.unconfirmed === 0) {
      this.#progressAtMs = this.#options.clock.monotonicMs()
      // All before it is confirmed: nobody has to wait for it, not even who has missed it.
      setPrevious(batch.bytes, 0)
    }
    this.#last = batch.last
    if (!spooled) this.#keep({ ...batch, bytes: batch.bytes.slice() })
    if (!this.#isHeldBack) this.#options.bus.publish(subjects.telemetryBatch, batch.bytes)
  }

  #keep(batch: SpooledBatch): void {
    this.#memory.push(batch)
    this.#memoryRecords += countOf(batch)
    this.#memoryBytes += batch.bytes.length
    const { memoryRecordsMax, memoryBytesMax } = this.#options
    while (this.#memoryRecords > memoryRecordsMax || this.#memoryBytes > memoryBytesMax) {
      const oldest = this.#forget()
      this.#dropped += countOf(oldest)
      this.#droppedUntold += countOf(oldest)
    }
  }

  #forget(): SpooledBatch {
    const oldest = this.#memory.shift()!
    this.#memoryRecords -= countOf(oldest)
    this.#memoryBytes -= oldest.bytes.length
    return oldest
  }

  #onStored(stored: Stored): void {
    if (stored.epoch === this.#options.epoch && stored.sequence > this.#confirmed) {
      this.#confirmed = stored.sequence
      while (this.#memory[0] !== undefined && this.#memory[0].last <= stored.sequence) this.#forget()
      this.#progress()
    }
    if (this.#options.spool.release(stored.epoch, stored.sequence) > 0) this.#progress()
    if (!stored.gap || this.#options.clock.monotonicMs() - this.#walkEndedAtMs < gapMs) return
    this.#startWalk(stored.epoch === this.#options.epoch)
  }

  #onFlow(isAccepting: boolean): void {
    const isLetGo = isAccepting && this.#isHeldBack
    this.#isHeldBack = !isAccepting
    if (isLetGo && (this.unconfirmed > 0 || this.#leftovers().length > 0)) this.#startWalk(this.unconfirmed > 0)
  }

  #progress(): void {
    this.#progressAtMs = this.#options.clock.monotonicMs()
    this.#patienceMs = patienceMsMin
  }

  #look(): void {
    const nowMs = this.#options.clock.monotonicMs()
    this.#tellDropped()
    const waitedMs = this.unconfirmed === 0 ? 0 : nowMs - this.#progressAtMs
    if (waitedMs >= syncAfterMs) this.#options.spool.sync()
    if (this.#isHeldBack) return
    const isLate = waitedMs >= this.#patienceMs
    if (!isLate && this.#leftovers().length === 0) return
    if (nowMs - this.#walkEndedAtMs < this.#patienceMs) return
    this.#patienceMs = Math.min(this.#patienceMs * 2, patienceMsMax)
    this.#startWalk(isLate)
  }

  #tellDropped(): void {
    const nowMs = this.#options.clock.monotonicMs()
    if (this.#droppedUntold === 0 || (nowMs - this.#toldAtMs < dropNoticeMs && !this.#closed)) return
    this.#options.notify({ type: 'usage-dropped', records: this.#droppedUntold, reason: 'spool-full' })
    this.#droppedUntold = 0
    this.#toldAtMs = nowMs
  }

  #leftovers(): Segment[] {
    return this.#options.spool.segments.filter((segment) => segment.epoch !== this.#options.epoch)
  }

  /** What earlier boots left is always walked, this boot's only when something of it is late or missing. */
  #startWalk(own: boolean): void {
    if (this.#walk !== undefined || this.#closed) return
    this.#walk = this.#walkAll(own).finally(() => {
      this.#walk = undefined
      this.#walkEndedAtMs = this.#options.clock.monotonicMs()
    })
  }

  async #walkAll(own: boolean): Promise<void> {
    const pace = new Pace(this.#options.clock)
    const epochs = new Set(this.#leftovers().map((segment) => segment.epoch))
    for (const epoch of epochs) await this.#walkEpoch({ epoch, sent: 0, previous: 0, done: new Set(), pace })
    if (!own) return
    const { epoch } = this.#options
    await this.#walkEpoch({ epoch, sent: this.#confirmed, previous: 0, done: new Set(), pace })
  }

  /**
   * Sends everything held of an epoch above `sent`, until no more is held. The first batch of a walk names 0 as the
   * sequence before it: whatever was before is confirmed or gone, in any case nobody can send it. Each later one names
   * the last sequence of the one before, so a batch lost on the way shows as a gap.
   */
  async #walkEpoch(walk: Walk): Promise<void> {
    for (let held = this.#next(walk); held !== undefined; held = this.#next(walk)) {
      if (this.#closed) return
      if ('path' in held) await this.#walkSegment(held, walk)
      else await this.#walkOne({ ...held, bytes: held.bytes.slice() }, walk)
    }
  }

  async #walkSegment(segment: Segment, walk: Walk): Promise<void> {
    let last = 0
    try {
      const unreadable = (bytes: number): void =>
        this.#tellUnreadable(`${bytes} bytes at the end of ${segment.path} are unreadable`)
      for await (const batch of readSegment(segment, pieceBytes, unreadable)) {
        last = batch.last
        if (batch.last > walk.sent) await this.#walkOne(batch, walk)
        if (this.#closed) return
      }
      // A segment of an earlier boot is known once it was read to its end; without a whole record it can go.
      segment.last ??= last
      if (segment.last === 0) this.#options.spool.release(segment.epoch, 0)
    } catch (error) {
      this.#tellUnreadable(`${segment.path}: ${error instanceof Error ? error.message : 'unreadable'}`)
    }
    if (segment.last === undefined || walk.sent < segment.last) walk.done.add(segment)
  }

  async #walkOne(batch: SpooledBatch, walk: Walk): Promise<void> {
    while (this.#isHeldBack && !this.#closed) await this.#pause(heldBackMs)
    if (this.#closed) return
    setPrevious(batch.bytes, Math.min(walk.previous, batch.first - 1))
    const size = batch.bytes.length
    this.#options.bus.publish(subjects.telemetryBatch, batch.bytes)
    walk.previous = batch.last
    walk.sent = batch.last
    await walk.pace.sent(size)
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resume) => this.#options.clock.after(ms, resume))
  }

  /** What is held with the lowest sequences above `sent`. Segments and memory do not overlap. */
  #next({ epoch, sent, done }: Walk): Segment | SpooledBatch | undefined {
    const segment = this.#options.spool.segments.find(
      (candidate) =>
        candidate.epoch === epoch && (candidate.last === undefined || candidate.last > sent) && !done.has(candidate),
    )
    if (epoch !== this.#options.epoch) return segment
    const batch = this.#memory.find((candidate) => candidate.last > sent)
    if (segment?.last === undefined || batch === undefined) return segment ?? batch
    return segment.last < batch.first ? segment : batch
  }

  #tellUnreadable(message: string): void {
    this.#options.notify({ type: 'spool-failed', message })
  }
}

interface Walk {
  epoch: string
  /** Sequences up to here are confirmed or were sent by this walk. */
  sent: number
  previous: number
  /** Segments with a rest that is not readable: not looked at again in this walk. */
  done: Set<Segment>
  pace: Pace
}

class Pace {
  readonly #clock: Clock
  #bytes = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  async sent(bytes: number): Promise<void> {
    this.#bytes += bytes
    if (this.#bytes < burstBytes) return
    this.#bytes = 0
    await new Promise<void>((resume) => this.#clock.after(burstPauseMs, resume))
  }
}

function countOf(batch: SpooledBatch): number {
  return batch.last - batch.first + 1
}
