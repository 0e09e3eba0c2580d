// Takes the records of finished requests. Each is encoded at once into the open batch; at the end of the event loop's
// turn one write appends the turn's records to the spool, and only then the answers' last bytes are let go. So a usage
// record outlives this process whenever its caller has seen the end of the answer. Batches go to the aggregator by size
// or age (`delivery.ts`). Nothing here waits, and nothing that fails here keeps an answer back.
import { join } from 'node:path'
import type { Bus } from '../../../cluster/bus/bus.ts'
import { bounds } from '../../../shared/bounds.ts'
import type { Chance, Clock, Timer } from '../../../shared/clock.ts'
import type { Notify } from '../../../shared/notice.ts'
import { BatchWriter, isSingle, recordBytesMax } from '../../../shared/telemetry/codec.ts'
import type { AttemptRecord, RequestRecord } from '../../../shared/telemetry/records.ts'
import { Delivery } from './delivery.ts'
import { type Append, Spool } from './spool.ts'

export interface RecordSink {
  /** Runs `flush` once the records are in the spool, within this turn of the event loop. */
  finish(request: RequestRecord, attempts: readonly AttemptRecord[], flush: () => void): void
}

export interface RecorderOptions {
  node: string
  /** Of this boot: `bootEpoch`. */
  epoch: string
  dataDir: string
  bus: Bus
  clock: Clock
  notify: Notify
  /** Runs once the current turn of the event loop is over; `setImmediate` outside tests. */
  afterTurn?: (run: () => void) => void
  bounds?: Partial<RecorderBounds>
}

export interface RecorderBounds {
  batchBytesMax: number
  spoolBytesMax: number
  segmentBytesMax: number
  memoryRecordsMax: number
  memoryBytesMax: number
}

const defaultBounds: RecorderBounds = {
  batchBytesMax: bounds.telemetryBatchBytesMax,
  spoolBytesMax: bounds.spoolBytesMax,
  segmentBytesMax: bounds.spoolSegmentBytesMax,
  memoryRecordsMax: bounds.telemetryQueueRecordsMax,
  memoryBytesMax: 16 << 20,
}

/** After a failed write the spool is tried again this much later. */
const spoolRetryMs = 5_000

/** A name for one boot of a node: never used twice, sorts by time. */
export function bootEpoch(clock: Clock, chance: Chance): string {
  const random = Array.from({ length: 12 }, () => Math.floor(chance() * 36).toString(36)).join('')
  return `${clock.wallMs().toString(36)}-${random}`
}

export class Recorder {
  readonly #options: RecorderOptions
  readonly #bounds: RecorderBounds
  readonly #spool: Spool
  readonly #delivery: Delivery
  readonly #writer: BatchWriter
  readonly #afterTurn: (run: () => void) => void
  readonly #endTurn = (): void => this.#turnEnds()
  #flushes: (() => void)[] = []
  #flushing: (() => void)[] = []
  #turnOpen = false
  /** Of the last record taken. */
  #sequence = 0
  /** First sequence of the open batch; 0 when none is open. */
  #batchFirst = 0
  /** Bytes of the open batch that are in the spool. */
  #spooledBytes = 0
  #batchSpooled = true
  #spoolDownUntilMs = Number.NEGATIVE_INFINITY
  #spoolDown = false
  #batchTimer: Timer | undefined

  constructor(options: RecorderOptions) {
    this.#options = options
    this.#bounds = { ...defaultBounds, ...options.bounds }
    const { batchBytesMax, spoolBytesMax, segmentBytesMax, memoryRecordsMax, memoryBytesMax } = this.#bounds
    this.#afterTurn = options.afterTurn ?? ((run) => void setImmediate(run))
    // A batch is closed once it is over its size, so it can be over by one record, and its header needs room too.
    this.#writer = new BatchWriter(Buffer.allocUnsafeSlow(batchBytesMax + 2 * recordBytesMax))
    const directory = join(options.dataDir, 'spool')
    this.#spool = new Spool({ directory, epoch: options.epoch, bytesMax: spoolBytesMax, segmentBytesMax })
    const { epoch, bus, clock, notify } = options
    this.#delivery = new Delivery({
      ...{ epoch, bus, clock, notify },
      ...{ spool: this.#spool, memoryRecordsMax, memoryBytesMax },
    })
  }

  /** Finds what earlier boots left and delivers it again. A spool that cannot be used is told, not refused. */
  start(): void {
    try {
      this.#spool.open()
    } catch (error) {
      this.#onSpoolRefusal({ type: 'failed', message: error instanceof Error ? error.message : 'unknown' })
    }
    this.#delivery.start()
  }

  /**
   * Takes a finished request with its attempts, oldest first; the last one is that whose answer was used. `flush` runs
   * after the records are in the spool, at the end of this turn. All objects may be reused once this returns.
   */
  finish(request: RequestRecord, attempts: readonly AttemptRecord[], flush: () => void): void {
    const last = attempts.at(-1)
    if (attempts.length === 1 && last !== undefined && isSingle(request, last)) {
      this.#openRecord()
      this.#writer.single(request, last)
    } else {
      for (const attempt of attempts) this.#addAttempt(attempt)
      this.#openRecord()
      this.#writer.request(request, last)
    }
    this.#flushes.push(flush)
    this.#openTurn()
  }

  /** Takes an attempt that is over before its request is, or after it: then `finish` must not get it too. */
  note(attempt: AttemptRecord): void {
    this.#addAttempt(attempt)
    this.#openTurn()
  }

  /** For the heartbeat: what waits, and what was dropped since start. */
  queues(): Record<string, { length: number; dropped: number }> {
    const open = this.#batchFirst === 0 ? 0 : this.#sequence - this.#batchFirst + 1
    return {
      telemetryUnconfirmed: { length: this.#delivery.unconfirmed + open, dropped: this.#delivery.dropped },
      telemetryMemory: { length: this.#delivery.inMemory + open, dropped: this.#delivery.dropped },
      spoolBytes: { length: this.#spool.bytes, dropped: 0 },
    }
  }

  /** Sends what is open, and waits `patienceMs` at most until it is confirmed: whoever stops may be gone for good. What nobody
   *  confirms stays in the spool for the next boot. */
  async close(patienceMs = 0): Promise<void> {
    this.#turnEnds()
    this.#endBatch()
    await this.#delivery.settle(patienceMs)
    await this.#delivery.stop()
    this.#spool.close()
    this.#spool.release(this.#options.epoch, this.#delivery.confirmed)
  }

  #addAttempt(attempt: AttemptRecord): void {
    this.#openRecord()
    this.#writer.attempt(attempt)
  }

  /** Makes room for one record in the open batch, and gives it its sequence. */
  #openRecord(): void {
    if (this.#batchFirst !== 0 && this.#writer.offset >= this.#bounds.batchBytesMax) this.#endBatch()
    this.#sequence++
    if (this.#batchFirst !== 0) return
    this.#batchFirst = this.#sequence
    this.#spooledBytes = 0
    this.#batchSpooled = !this.#spoolDown || this.#options.clock.monotonicMs() >= this.#spoolDownUntilMs
    const { node, epoch, clock } = this.#options
    this.#writer.begin({ node, epoch, firstSequence: this.#batchFirst })
    this.#batchTimer = clock.after(bounds.telemetryFlushMs, () => this.#endBatch())
  }

  #openTurn(): void {
    if (this.#turnOpen) return
    this.#turnOpen = true
    this.#afterTurn(this.#endTurn)
  }

  #turnEnds(): void {
    this.#turnOpen = false
    this.#append()
    const flushes = this.#flushes
    this.#flushes = this.#flushing
    this.#flushing = flushes
    for (const flush of flushes) this.#run(flush)
    flushes.length = 0
  }

  #run(flush: () => void): void {
    try {
      flush()
    } catch (error) {
      const message = error instanceof Error ? error.message : 'unknown'
      this.#options.notify({ type: 'handler-threw', where: 'recorder flush', message })
    }
  }

  /** Everything of the open batch that is not in the spool yet, in one write. */
  #append(): void {
    const end = this.#writer.offset
    if (this.#batchFirst === 0 || !this.#batchSpooled || end === this.#spooledBytes) return
    const outcome = this.#spool.append(this.#writer.bytes, this.#spooledBytes, end, this.#spooledBytes === 0)
    if (outcome.type !== 'stored') {
      this.#onSpoolRefusal(outcome)
      return
    }
    this.#spooledBytes = end
    this.#spoolDown = false
  }

  /** Told once until a write succeeds again; meanwhile batches are held in memory. */
  #onSpoolRefusal(outcome: Exclude<Append, { type: 'stored' }>): void {
    this.#batchSpooled = false
    this.#spoolDownUntilMs = this.#options.clock.monotonicMs() + spoolRetryMs
    if (this.#spoolDown) return
    this.#spoolDown = true
    const message = outcome.type === 'full' ? 'the spool is full; usage records wait in memory' : outcome.message
    this.#options.notify({ type: 'spool-failed', message })
  }

  #endBatch(): void {
    if (this.#batchFirst === 0) return
    this.#append()
    this.#batchTimer?.cancel()
    const batch = {
      bytes: new Uint8Array(this.#writer.bytes.subarray(0, this.#writer.offset)),
      first: this.#batchFirst,
      last: this.#sequence,
    }
    this.#batchFirst = 0
    if (this.#batchSpooled) this.#spool.batchEnds(batch.last)
    this.#delivery.send(batch, this.#batchSpooled)
  }
}
