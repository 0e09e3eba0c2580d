// Publishes batches again: those that earlier boots left in the spool, and those of this boot that were not confirmed in
// time. One pass runs at a time, in the order of sequences and at a bounded rate.
import { type Bus, subjects } from '../../../cluster/bus/bus.ts'
import type { Clock } from '../../../shared/clock.ts'
import type { Notify } from '../../../shared/notice.ts'
import { setPrevious } from '../../../shared/telemetry/batch.ts'
import type { MemoryBatches } from './memory-batches.ts'
import { readSegment, type SpooledBatch } from './segment-reader.ts'
import type { Segment, Spool } from './spool.ts'

export interface RedeliveryOptions {
  /** Name of this boot: only its batches can be in memory. */
  readonly epoch: string
  readonly spool: Spool
  readonly memory: MemoryBatches
  readonly state: DeliveryState
  readonly bus: Bus
  readonly clock: Clock
  readonly notify: Notify
}

/** What a pass has to know while it runs. */
export interface DeliveryState {
  /** Sequence up to which every record of this boot is confirmed. */
  readonly confirmed: number
  /** Whether nothing may be published now. */
  readonly isHeldBack: boolean
}

/** The size of a burst, after which a pass pauses: 10 MiB/s at most. */
const burstBytes = 256 << 10
const burstPauseMs = 25
const pieceBytes = 640 << 10
const heldBackPollMs = 250

interface Pass {
  readonly epoch: string
  /** Sequences up to here are confirmed or were published by this pass. */
  sent: number
  previous: number
  /** Segments with an unreadable rest, which this pass does not read again. */
  readonly done: Set<Segment>
}

export class Redelivery {
  readonly #options: RedeliveryOptions
  #endedAtMs = Number.NEGATIVE_INFINITY
  #running: Promise<void> | undefined
  #bytesInBurst = 0
  #closed = false

  constructor(options: RedeliveryOptions) {
    this.#options = options
  }

  /** The monotonic time at which the last pass ended. */
  get endedAtMs(): number {
    return this.#endedAtMs
  }

  /** Whether the spool has segments of earlier boots. */
  get hasLeftovers(): boolean {
    return this.#options.spool.segments.some((segment) => this.#isLeftover(segment))
  }

  /** Starts a pass unless one is running. Batches of earlier boots are always part of it, this boot's only with `own`. */
  start(own: boolean): void {
    if (this.#running !== undefined || this.#closed) return
    this.#running = this.#run(own).finally(() => {
      this.#running = undefined
      this.#endedAtMs = this.#options.clock.monotonicMs()
    })
  }

  /** Resolves when the running pass has stopped. */
  async stop(): Promise<void> {
    this.#closed = true
    await this.#running
  }

  async #run(own: boolean): Promise<void> {
    this.#bytesInBurst = 0
    const { epoch, spool, state } = this.#options
    const leftovers = spool.segments.filter((segment) => this.#isLeftover(segment))
    for (const earlier of new Set(leftovers.map((segment) => segment.epoch))) await this.#runEpoch(earlier, 0)
    if (own) await this.#runEpoch(epoch, state.confirmed)
  }

  /**
   * Publishes everything of an epoch above `confirmed`, until there is no more. The first batch names 0 as the sequence
   * before it, since everything before is confirmed or lost, and nobody can deliver it. Each later batch names the last
   * sequence of the one before, so a batch that is lost on the way shows as a gap.
   */
  async #runEpoch(epoch: string, confirmed: number): Promise<void> {
    const pass: Pass = { epoch, sent: confirmed, previous: 0, done: new Set() }
    for (let next = this.#next(pass); next !== undefined; next = this.#next(pass)) {
      if (this.#closed) return
      if ('path' in next) await this.#publishSegment(next, pass)
      else await this.#publish({ ...next, bytes: next.bytes.slice() }, pass)
    }
  }

  async #publishSegment(segment: Segment, pass: Pass): Promise<void> {
    try {
      const last = await this.#publishBatches(segment, pass)
      if (this.#closed) return
      // The last sequence of an earlier boot's segment is known once it was read to its end. One without any record can go.
      segment.last ??= last
      if (segment.last === 0) this.#options.spool.release(segment.epoch, 0)
    } catch (error) {
      this.#reportUnreadable(`${segment.path}: ${error instanceof Error ? error.message : 'unreadable'}`)
    }
    if (segment.last === undefined || pass.sent < segment.last) pass.done.add(segment)
  }

  /** Returns the last sequence of the segment, 0 where it has no record. */
  async #publishBatches(segment: Segment, pass: Pass): Promise<number> {
    let last = 0
    const onUnreadable = (bytes: number): void =>
      this.#reportUnreadable(`${bytes} bytes at the end of ${segment.path} are unreadable`)
    for await (const batch of readSegment(segment, pieceBytes, onUnreadable)) {
      last = batch.last
      if (batch.last > pass.sent) await this.#publish(batch, pass)
      if (this.#closed) break
    }
    return last
  }

  async #publish(batch: SpooledBatch, pass: Pass): Promise<void> {
    while (this.#options.state.isHeldBack && !this.#closed) await this.#pause(heldBackPollMs)
    if (this.#closed) return
    setPrevious(batch.bytes, Math.min(pass.previous, batch.first - 1))
    this.#bytesInBurst += batch.bytes.length
    this.#options.bus.publish(subjects.telemetryBatch, batch.bytes)
    pass.previous = batch.last
    pass.sent = batch.last
    if (this.#bytesInBurst < burstBytes) return
    this.#bytesInBurst = 0
    await this.#pause(burstPauseMs)
  }

  /** The segment or batch with the lowest sequences above `sent`. Segments and memory do not overlap. */
  #next({ epoch, sent, done }: Pass): Segment | SpooledBatch | undefined {
    const { spool, memory } = this.#options
    const segment = spool.segments.find(
      (one) => one.epoch === epoch && (one.last === undefined || one.last > sent) && !done.has(one),
    )
    if (epoch !== this.#options.epoch) return segment
    const batch = memory.firstAfter(sent)
    if (segment?.last === undefined || batch === undefined) return segment ?? batch
    return segment.last < batch.first ? segment : batch
  }

  #isLeftover({ epoch }: Segment): boolean {
    return epoch !== this.#options.epoch
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resume) => this.#options.clock.after(ms, resume))
  }

  #reportUnreadable(message: string): void {
    this.#options.notify({ type: 'spool-failed', message })
  }
}
