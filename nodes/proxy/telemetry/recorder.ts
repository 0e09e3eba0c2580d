// Takes the records of finished requests. Each is encoded at once into the open batch. At the end of the event loop's turn
// one write appends the turn's records to the spool, and only then the last bytes of the answers are sent. So a usage record
// outlives this process whenever its caller has seen the end of the answer. A batch is sent to the aggregator when it is
// large or old enough (`batch-delivery.ts`). Nothing here waits, and no failure here delays an answer.
import { join } from 'node:path'
import type { Bus } from '../../../cluster/bus/bus.ts'
import { bounds } from '../../../shared/bounds.ts'
import type { Chance, Clock, Timer } from '../../../shared/clock.ts'
import type { Notify } from '../../../shared/notice.ts'
import type { Trouble } from '../../../shared/readiness.ts'
import { BatchWriter, recordBytesMax } from '../../../shared/telemetry/codec.ts'
import type { AttemptRecord, RequestRecord } from '../../../shared/telemetry/records.ts'
import { isSingle } from '../../../shared/telemetry/single-record.ts'
import { BatchDelivery } from './batch-delivery.ts'
import { type Append, type Segment, Spool } from './spool.ts'
import { type StandIn, StandIns } from './stand-ins.ts'

export interface RecordSink {
  /** Runs `flush` once the records are in the spool, within this turn of the event loop. `standIns` stand for them until then. */
  finish(
    request: RequestRecord,
    attempts: readonly AttemptRecord[],
    flush: () => void,
    standIns?: readonly StandIn[],
  ): void
}

/** Told of the spool by a recorder. */
export interface SpoolWatch {
  /** All records up to `sequence`, which ends a request, are in the spool as far as they are going to be, and what stood for them is
   *  closed. */
  spooled(sequence: number): void
  /** Called before records are deleted from the spool. */
  beforeRelease(): void
}

export interface RecorderOptions {
  node: string
  /** Name of this boot, from `bootEpoch`. */
  epoch: string
  dataDir: string
  bus: Bus
  clock: Clock
  notify: Notify
  /** Runs once the current turn of the event loop is over; `setImmediate` outside tests. */
  afterTurn?: (run: () => void) => void
  bounds?: Partial<RecorderBounds>
  watch?: SpoolWatch | undefined
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

/** Time between a failed write and the next try. */
const spoolRetryMs = 5_000

/** The name of one boot of a node. Names are never used twice and sort by time. */
export function bootEpoch(clock: Clock, chance: Chance): string {
  const random = Array.from({ length: 12 }, () => Math.floor(chance() * 36).toString(36)).join('')
  return `${clock.wallMs().toString(36)}-${random}`
}

export class Recorder {
  readonly #options: RecorderOptions
  readonly #bounds: RecorderBounds
  readonly #spool: Spool
  readonly #delivery: BatchDelivery
  readonly #writer: BatchWriter
  readonly #afterTurn: (run: () => void) => void
  readonly #endTurn = (): void => this.#turnEnds()
  readonly #standIns = new StandIns()
  #flushes: (() => void)[] = []
  #flushing: (() => void)[] = []
  #turnOpen = false
  /** Sequence of the last record taken. */
  #sequence = 0
  /** Sequence of the last record of a request that was taken whole. */
  #wholeTo = 0
  /** First sequence of the open batch, 0 when none is open. */
  #batchFirst = 0
  /** Bytes of the open batch that are in the spool. */
  #spooledBytes = 0
  #batchSpooled = true
  #spoolDownUntilMs = Number.NEGATIVE_INFINITY
  /** Why the spool does not take records; undefined while it does. */
  #spoolTrouble: string | undefined
  #batchTimer: Timer | undefined

  constructor(options: RecorderOptions) {
    this.#options = options
    this.#bounds = { ...defaultBounds, ...options.bounds }
    const { batchBytesMax, spoolBytesMax, segmentBytesMax, memoryRecordsMax, memoryBytesMax } = this.#bounds
    this.#afterTurn = options.afterTurn ?? ((run) => void setImmediate(run))
    // A batch is closed once it exceeds its size, so it can exceed it by one record, and its header needs room too.
    this.#writer = new BatchWriter(Buffer.allocUnsafeSlow(batchBytesMax + 2 * recordBytesMax))
    const { epoch, bus, clock, notify } = options
    const directory = join(options.dataDir, 'spool')
    const onRelease = () => options.watch?.beforeRelease()
    const spool = new Spool({ directory, epoch, bytesMax: spoolBytesMax, segmentBytesMax, onRelease })
    this.#spool = spool
    this.#delivery = new BatchDelivery({ epoch, spool, bus, clock, notify, memoryRecordsMax, memoryBytesMax })
  }

  /** Opens the spool and delivers what earlier boots left in it. A spool that cannot be used is reported, not thrown. */
  start(): void {
    try {
      this.#spool.open()
    } catch (error) {
      this.#onSpoolFailure({ type: 'failed', message: error instanceof Error ? error.message : 'unknown' })
    }
    this.#delivery.start()
  }

  /**
   * Records a finished request with its attempts, oldest first. The answer of the last attempt was used. `flush` runs at the
   * end of this turn, after the records are in the spool. All objects may be reused once this returns.
   */
  finish(
    request: RequestRecord,
    attempts: readonly AttemptRecord[],
    flush: () => void,
    standIns?: readonly StandIn[],
  ): void {
    const last = attempts.at(-1)
    if (attempts.length === 1 && last !== undefined && isSingle(request, last)) {
      this.#openRecord()
      this.#writer.single(request, last)
    } else {
      for (const attempt of attempts) this.#addAttempt(attempt)
      this.#openRecord()
      this.#writer.request(request, last)
    }
    this.#wholeTo = this.#sequence
    if (standIns !== undefined) this.#standIns.add(standIns)
    this.#flushes.push(flush)
    this.#openTurn()
  }

  /** Records an attempt that ends before or after its request. It must not be passed to `finish` as well. */
  note(attempt: AttemptRecord): void {
    this.#addAttempt(attempt)
    this.#openTurn()
  }

  /** Segments of the spool that earlier boots left. */
  get leftovers(): readonly Segment[] {
    return this.#spool.segments.filter(({ epoch }) => epoch !== this.#options.epoch)
  }

  /** Writes at once what was taken. False: it is not in the spool. */
  spool(): boolean {
    this.#append()
    return this.#batchSpooled && this.#spoolTrouble === undefined
  }

  /** Queue lengths, and the number of records dropped since start, for the heartbeat. */
  queues(): Record<string, { length: number; dropped: number }> {
    const open = this.#batchFirst === 0 ? 0 : this.#sequence - this.#batchFirst + 1
    return {
      telemetryUnconfirmed: { length: this.#delivery.unconfirmed + open, dropped: this.#delivery.dropped },
      telemetryMemory: { length: this.#delivery.inMemory + open, dropped: this.#delivery.dropped },
      spoolBytes: { length: this.#spool.bytes, dropped: 0 },
    }
  }

  troubles(): Trouble[] {
    if (this.#spoolTrouble === undefined) return []
    const reason = `usage records wait in memory, and are lost if the process ends: ${this.#spoolTrouble}`
    return [{ level: 'degraded', reason }]
  }

  /** Sends the open batch and waits `patienceMs` at most for its confirmation, since this node may never start again. What is
   *  not confirmed stays in the spool for the next boot. */
  async close(patienceMs = 0): Promise<void> {
    this.#turnEnds()
    this.#endBatch()
    await this.#delivery.settle(patienceMs)
    await this.#delivery.stop()
    this.#standIns.confirm(this.#delivery.confirmed)
    this.#spool.close()
    this.#spool.release(this.#options.epoch, this.#delivery.confirmed)
  }

  #addAttempt(attempt: AttemptRecord): void {
    this.#openRecord()
    this.#writer.attempt(attempt)
  }

  /** Makes room for one record in the open batch, and assigns its sequence. */
  #openRecord(): void {
    if (this.#batchFirst !== 0 && this.#writer.offset >= this.#bounds.batchBytesMax) this.#endBatch()
    this.#sequence++
    if (this.#batchFirst !== 0) return
    this.#batchFirst = this.#sequence
    this.#spooledBytes = 0
    this.#batchSpooled = this.#spoolTrouble === undefined || this.#options.clock.monotonicMs() >= this.#spoolDownUntilMs
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

  /** Writes everything of the open batch that is not in the spool yet, in one write. */
  #append(): void {
    const end = this.#writer.offset
    if (this.#batchFirst === 0 || !this.#batchSpooled || end === this.#spooledBytes) return
    const outcome = this.#spool.append(this.#writer.bytes, this.#spooledBytes, end, this.#spooledBytes === 0)
    if (outcome.type !== 'stored') {
      this.#onSpoolFailure(outcome)
      return
    }
    this.#spooledBytes = end
    this.#spoolTrouble = undefined
    this.#standIns.close()
    this.#options.watch?.spooled(this.#wholeTo)
  }

  /** Reports a failure once until a write succeeds again. Meanwhile batches are held in memory. */
  #onSpoolFailure(outcome: Exclude<Append, { type: 'stored' }>): void {
    this.#batchSpooled = false
    this.#spoolDownUntilMs = this.#options.clock.monotonicMs() + spoolRetryMs
    const isNews = this.#spoolTrouble === undefined
    this.#spoolTrouble = outcome.type === 'full' ? 'the spool is full' : outcome.message
    if (!isNews) return
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
    else this.#standIns.hold(batch.last)
    this.#standIns.confirm(this.#delivery.confirmed)
    this.#delivery.send(batch, this.#batchSpooled)
  }
}
