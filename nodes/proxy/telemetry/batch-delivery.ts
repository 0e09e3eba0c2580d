// Delivers batches to the aggregator at least once. Each is published as soon as it is finished. What is not confirmed in
// time, or was left by an earlier boot, is published again in the order of its sequences (`redelivery.ts`). The aggregator's
// side may ask proxies to hold back while the network is away or its queue is full: then batches wait where they are, in the
// spool or, when the spool could not take them, in memory (`memory-batches.ts`).
import { type Bus, decodeJson, type Subscription, subjects } from '../../../cluster/bus/bus.ts'
import type { Clock, Timer } from '../../../shared/clock.ts'
import type { Notify } from '../../../shared/notice.ts'
import { setPrevious } from '../../../shared/telemetry/batch.ts'
import { decodeStored, type Stored } from '../../../shared/telemetry/stored.ts'
import { MemoryBatches } from './memory-batches.ts'
import { type DeliveryState, Redelivery } from './redelivery.ts'
import type { SpooledBatch } from './segment-reader.ts'
import type { Spool } from './spool.ts'

export interface BatchDeliveryOptions {
  /** Name of this boot. It is unique among all nodes, so a confirmation needs no other address. */
  epoch: string
  spool: Spool
  bus: Bus
  clock: Clock
  notify: Notify
  memoryRecordsMax: number
  memoryBytesMax: number
}

const checkMs = 500
const settlePollMs = 20
/** Time without a confirmation after which batches are published again; doubles with each try. */
const confirmTimeoutMsMin = 3_000
const confirmTimeoutMsMax = 30_000
/** A gap that the aggregator reports is filled at once, but not more often than this. */
const gapFillMsMin = 1_000
const syncAfterMs = 2_000

export class BatchDelivery implements DeliveryState {
  readonly #options: BatchDeliveryOptions
  readonly #memory: MemoryBatches
  readonly #redelivery: Redelivery
  #last = 0
  #confirmed = 0
  #progressAtMs: number
  #confirmTimeoutMs = confirmTimeoutMsMin
  #isHeldBack = false
  #timer: Timer | undefined
  #subscriptions: Subscription[] = []

  constructor(options: BatchDeliveryOptions) {
    this.#options = options
    const { epoch, spool, bus, clock, notify, memoryRecordsMax: recordsMax, memoryBytesMax: bytesMax } = options
    this.#memory = new MemoryBatches({ recordsMax, bytesMax, clock, notify })
    this.#redelivery = new Redelivery({ epoch, spool, memory: this.#memory, state: this, bus, clock, notify })
    this.#progressAtMs = clock.monotonicMs()
  }

  get dropped(): number {
    return this.#memory.dropped
  }

  /** Number of finished records that no aggregator has confirmed. */
  get unconfirmed(): number {
    return this.#last - this.#confirmed
  }

  /** Sequence of the last record up to which every record is confirmed. */
  get confirmed(): number {
    return this.#confirmed
  }

  get isHeldBack(): boolean {
    return this.#isHeldBack
  }

  get inMemory(): number {
    return this.#memory.records
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
    this.#timer = clock.every(checkMs, () => this.#check())
    if (this.#redelivery.hasLeftovers) this.#redelivery.start(false)
  }

  /** Resolves once all is confirmed, or after `msMax`. */
  async settle(msMax: number): Promise<void> {
    const { clock } = this.#options
    const untilMs = clock.monotonicMs() + msMax
    while (this.unconfirmed > 0 && clock.monotonicMs() < untilMs) {
      await new Promise<void>((resume) => clock.after(settlePollMs, resume))
    }
  }

  async stop(): Promise<void> {
    this.#timer?.cancel()
    for (const subscription of this.#subscriptions) subscription.stop()
    this.#memory.reportAllDropped()
    await this.#redelivery.stop()
  }

  /** Publishes a finished batch. The caller must not touch `batch.bytes` afterwards. */
  send(batch: SpooledBatch, spooled: boolean): void {
    if (this.unconfirmed === 0) {
      this.#progressAtMs = this.#options.clock.monotonicMs()
      // Everything before it is confirmed, so even an aggregator that missed some of it need not wait.
      setPrevious(batch.bytes, 0)
    }
    this.#last = batch.last
    if (!spooled) this.#memory.add({ ...batch, bytes: batch.bytes.slice() })
    if (!this.#isHeldBack) this.#options.bus.publish(subjects.telemetryBatch, batch.bytes)
  }

  #onStored(stored: Stored): void {
    const { epoch, spool, clock } = this.#options
    const isOwn = stored.epoch === epoch
    if (isOwn && stored.sequence > this.#confirmed) {
      this.#confirmed = stored.sequence
      this.#memory.confirm(stored.sequence)
      this.#progress()
    }
    if (spool.release(stored.epoch, stored.sequence) > 0) this.#progress()
    if (!stored.gap || clock.monotonicMs() - this.#redelivery.endedAtMs < gapFillMsMin) return
    this.#redelivery.start(isOwn)
  }

  #onFlow(isAccepting: boolean): void {
    const mayResume = isAccepting && this.#isHeldBack
    this.#isHeldBack = !isAccepting
    const hasOwn = this.unconfirmed > 0
    if (mayResume && (hasOwn || this.#redelivery.hasLeftovers)) this.#redelivery.start(hasOwn)
  }

  #progress(): void {
    this.#progressAtMs = this.#options.clock.monotonicMs()
    this.#confirmTimeoutMs = confirmTimeoutMsMin
  }

  #check(): void {
    const nowMs = this.#options.clock.monotonicMs()
    this.#memory.reportDropped()
    const waitedMs = this.unconfirmed === 0 ? 0 : nowMs - this.#progressAtMs
    if (waitedMs >= syncAfterMs) this.#options.spool.sync()
    if (this.#isHeldBack) return
    const isLate = waitedMs >= this.#confirmTimeoutMs
    if (!isLate && !this.#redelivery.hasLeftovers) return
    if (nowMs - this.#redelivery.endedAtMs < this.#confirmTimeoutMs) return
    this.#confirmTimeoutMs = Math.min(this.#confirmTimeoutMs * 2, confirmTimeoutMsMax)
    this.#redelivery.start(isLate)
  }
}
