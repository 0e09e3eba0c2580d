// From batches on the bus to sums on disk. Each second everything taken since the last time is committed at once, and only
// then confirmed to its senders. A commit that fails is tried again with what came meanwhile; when too much waits, nothing
// more is taken, and the senders' spools hold it.
import { type Bus, encodeJson, subjects } from '../../cluster/bus/bus.ts'
import type { Clock } from '../../shared/clock.ts'
import { limits } from '../../shared/limits.ts'
import type { Notify } from '../../shared/notice.ts'
import { type Batch, decodeBatch } from '../../shared/telemetry/batch.ts'
import { batchVersion } from '../../shared/telemetry/codec.ts'
import type { Stored } from '../../shared/telemetry/stored.ts'
import type { Fold } from './fold.ts'
import { newRecords, type Source, Sources } from './intake.ts'
import type { HistoryBlock, UsageStore } from './store/usage-store.ts'

export interface LedgerOptions {
  openStore: () => UsageStore
  fold: Fold
  bus: Bus
  clock: Clock
  notify: Notify
}

/** Committed before the second is over when this much waits. */
const pendingBytesEarly = 4 << 20
const gapNoticeMs = 250

export class Ledger {
  readonly #options: LedgerOptions
  readonly #sources: Sources
  #store: UsageStore | undefined
  /** Taken, not committed; oldest first. */
  #pending: HistoryBlock[] = []
  #pendingBytes = 0
  readonly #touched = new Set<Source>()
  #nextBlockId: number
  #failing = false
  #gapToldAtMs = Number.NEGATIVE_INFINITY

  constructor(options: LedgerOptions) {
    this.#options = options
    this.#store = options.openStore()
    this.#sources = new Sources(this.#store.sources())
    this.#nextBlockId = this.#store.lastBlockId() + 1
  }

  get pending(): readonly HistoryBlock[] {
    return this.#pending
  }

  /** Undefined while the database cannot be opened. */
  get store(): UsageStore | undefined {
    return this.#store
  }

  take(bytes: Uint8Array): void {
    if (this.#pendingBytes > limits.aggregatorPendingBytesMax) return
    const decoded = decodeBatch(bytes)
    if (!decoded.ok || decoded.value.version > batchVersion) {
      const reason = decoded.ok ? `version ${decoded.value.version}` : decoded.error.message
      this.#options.notify({ type: 'warning', message: `a telemetry batch is unreadable: ${reason}` })
      return
    }
    const batch = decoded.value
    const intake = this.#sources.offer({ ...batch, count: batch.records.length })
    if (intake.type === 'gap') this.#askAgain(intake.source)
    else this.#touched.add(intake.source)
    if (intake.type === 'taken') this.#add(batch, bytes, intake.skip)
  }

  /** Once a second. Nothing waits: nothing is done. */
  commit(): void {
    if (this.#touched.size === 0) return
    const wallMs = this.#options.clock.wallMs()
    const sources = [...this.#touched]
    try {
      this.#store ??= this.#options.openStore()
      this.#store.commit({
        cells: this.#options.fold.usage.cells(),
        blocks: this.#pending,
        sources: sources
          .filter((source) => source.taken > source.stored)
          .map(({ node, epoch, taken }) => ({ node, epoch, sequence: taken })),
        wallMs,
      })
    } catch (error) {
      this.#onFailure(error)
      return
    }
    this.#failing = false
    this.#pending = []
    this.#pendingBytes = 0
    this.#options.fold.usage.clear()
    this.#touched.clear()
    for (const source of sources) {
      source.stored = source.taken
      this.#tell(source, false)
    }
  }

  close(): void {
    this.commit()
    this.#store?.close()
    this.#store = undefined
  }

  #add(batch: Batch, bytes: Uint8Array, skip: number): void {
    const records = newRecords(batch.records, skip)
    const requests = this.#options.fold.add(records)
    if (batch.malformed > 0) {
      this.#options.notify({ type: 'warning', message: `${batch.malformed} telemetry records are unreadable` })
    }
    const atMs = this.#options.clock.wallMs()
    this.#pending.push({ id: this.#nextBlockId++, atMs, skip, requests, bytes })
    this.#pendingBytes += bytes.length
    // While commits fail, each further try waits for its second.
    const isMuch = this.#pendingBytes > pendingBytesEarly || this.#options.fold.usage.size > limits.usageRowsMax
    if (isMuch && !this.#failing) this.commit()
  }

  /** A handle that failed is not used again: after an fsync error it would report success for pages that are gone. */
  #onFailure(error: unknown): void {
    const message = error instanceof Error ? error.message : 'unknown'
    try {
      this.#store?.close()
    } catch {
      // The file is opened anew either way.
    }
    this.#store = undefined
    if (this.#failing) return
    this.#failing = true
    this.#options.notify({ type: 'warning', message: `usage cannot be committed, proxies keep it: ${message}` })
  }

  #askAgain(source: Source): void {
    const nowMs = this.#options.clock.monotonicMs()
    if (nowMs - this.#gapToldAtMs < gapNoticeMs) return
    this.#gapToldAtMs = nowMs
    this.#tell(source, true)
  }

  #tell({ node, epoch, stored }: Source, gap: boolean): void {
    const message: Stored = { node, epoch, sequence: stored, gap }
    this.#options.bus.publish(subjects.telemetryStored, encodeJson(message))
  }
}
