// Commits batches to the sums on disk. Once a second it commits everything that was taken since the last commit, and then
// confirms it to its senders. A failed commit is repeated together with later batches. When too much waits, no more batches
// are taken, and the spools of the senders or the stream hold them.

import { bounds } from '../../shared/bounds.ts'
import type { Clock } from '../../shared/clock.ts'
import type { Notify } from '../../shared/notice.ts'
import { type Batch, decodeBatch } from '../../shared/telemetry/batch.ts'
import { batchVersion } from '../../shared/telemetry/codec.ts'
import type { Hole } from '../../shared/telemetry/sequences.ts'
import type { Stored } from '../../shared/telemetry/stored.ts'
import type { Folds } from './fold.ts'
import { newRecords, type Source, Sources } from './intake.ts'
import type { HistoryBlock, Position, UsageStore } from './store/usage-store.ts'
import type { Transactional } from './transactional-sum.ts'

export interface CommitterOptions {
  openStore: () => UsageStore
  folds: Folds
  tallies?: readonly Transactional[]
  /** Tells what a commit made durable, for each sender that sent something. */
  onCommitted: (sources: readonly CommittedSource[]) => void
  /** Tells a sender that batches are missing, and which ones are stored. */
  ask: (stored: Stored) => void
  clock: Clock
  notify: Notify
  /** The database was lost while this ran: reading has to begin again. */
  onAnew?: () => void
}

export interface CommittedSource {
  partition: number
  node: string
  epoch: string
  /** The sequence up to which everything is committed. */
  sequence: number
}

export interface Arrival {
  partition: number
  bytes: Uint8Array
  /** Wall clock of its arrival here or in the stream. */
  atMs: number
}

export type Taken =
  | { type: 'taken' }
  /** Too much waits for a commit: it has to come again. */
  | { type: 'full' }
  | { type: 'unreadable' }
  /** Written by a release that knows more: nothing of it was taken. */
  | { type: 'newer' }

/** The waiting bytes that are committed before the second is over. */
const pendingBytesEarly = 4 << 20
const gapNoticeMs = 250

export class UsageCommitter {
  readonly #options: CommitterOptions
  #sources: Sources
  #store: UsageStore | undefined
  /** Blocks that were taken and are not committed, oldest first. */
  #pending: HistoryBlock[] = []
  #pendingBytes = 0
  readonly #touched = new Set<Source>()
  readonly #positions = new Map<number, Position>()
  readonly #positionsTouched = new Set<number>()
  readonly #positionsStored = new Map<number, Position>()
  #nextBlockId: number
  #failing = false
  #hasCommitted: boolean
  #gapToldAtMs = Number.NEGATIVE_INFINITY

  constructor(options: CommitterOptions) {
    this.#options = options
    this.#store = this.#open()
    const sources = this.#store.sources()
    this.#sources = new Sources(sources)
    this.#hasCommitted = sources.length > 0
    for (const position of this.#store.positions()) {
      this.#positions.set(position.partition, position)
      this.#positionsStored.set(position.partition, position)
    }
    this.#nextBlockId = this.#store.lastBlockId() + 1
  }

  get pending(): readonly HistoryBlock[] {
    return this.#pending
  }

  /** No more is taken until something was committed. */
  get isFull(): boolean {
    return this.#pendingBytes > bounds.aggregatorPendingBytesMax
  }

  get pendingBytes(): number {
    return this.#pendingBytes
  }

  get isFailing(): boolean {
    return this.#failing
  }

  /** The open database; undefined while it cannot be opened. */
  get store(): UsageStore | undefined {
    return this.#store
  }

  /** Position of the taken batches, which may be ahead of the committed ones. */
  position(partition: number): Position | undefined {
    return this.#positions.get(partition)
  }

  /** Position of the committed batches. The stream need not keep earlier messages for this node. */
  positionStored(partition: number): Position | undefined {
    return this.#positionsStored.get(partition)
  }

  /** The time since which nothing recorded is missing here; undefined for a partition that was never read. */
  completeSinceMs(partition: number): number | undefined {
    const position = this.#positions.get(partition)
    return position && Math.max(position.completeSinceMs, this.#sources.missedUntilMs(partition))
  }

  /** Moves a position on; it is committed together with everything that was taken before. */
  moveTo(position: Position): void {
    const { partition } = position
    const completeSinceMs = Math.max(position.completeSinceMs, this.#positions.get(partition)?.completeSinceMs ?? 0)
    this.#positions.set(partition, { ...position, completeSinceMs })
    this.#positionsTouched.add(partition)
  }

  take({ partition, bytes, atMs }: Arrival): Taken {
    if (this.isFull) return { type: 'full' }
    const decoded = decodeBatch(bytes)
    if (!decoded.ok || decoded.value.version > batchVersion) {
      const reason = decoded.ok ? `version ${decoded.value.version}` : decoded.error.message
      this.#options.notify({ type: 'warning', message: `a telemetry batch is unreadable: ${reason}` })
      return { type: decoded.ok ? 'newer' : 'unreadable' }
    }
    const batch = decoded.value
    const count = batch.records.length
    const { source, skip, gone } = this.#sources.offer({ ...batch, count, atMs, partition })
    this.#touched.add(source)
    if (source.taken.isAwaiting) this.#askAgain(source)
    this.#giveUp(partition, gone)
    if (skip < count) this.#add(batch, { partition, bytes, atMs, skip })
    return { type: 'taken' }
  }

  /** Commits what was taken since the last call; called once a second. */
  commit(): void {
    if (this.#touched.size === 0 && this.#positionsTouched.size === 0 && !this.#isDue) return
    const sources = [...this.#touched]
    try {
      if (this.#store === undefined && this.#reopen() === 'anew') return
      this.#write(this.#store!, sources)
    } catch (error) {
      this.#onFailure(error)
      return
    }
    this.#failing = false
    this.#hasCommitted = true
    this.#pending = []
    this.#pendingBytes = 0
    for (const [, fold] of this.#options.folds.entries()) fold.usage.clear()
    for (const tally of this.#options.tallies ?? []) tally.committed()
    this.#touched.clear()
    for (const partition of this.#positionsTouched) {
      this.#positionsStored.set(partition, this.#positions.get(partition)!)
    }
    this.#positionsTouched.clear()
    for (const source of sources) source.stored = source.taken.through
    this.#options.onCommitted(
      sources.map(({ partition, node, epoch, stored }) => ({ partition, node, epoch, sequence: stored })),
    )
  }

  close(): void {
    this.commit()
    this.#store?.close()
    this.#store = undefined
  }

  get #isDue(): boolean {
    return this.#options.tallies?.some(({ isDue }) => isDue === true) === true
  }

  /** Notes lost sequences: they were recorded before the batch that left the hole. */
  #giveUp(partition: number, gone: readonly Hole[]): void {
    const position = this.#positions.get(partition)
    if (position === undefined || gone.length === 0) return
    this.moveTo({ ...position, completeSinceMs: Math.max(...gone.map(({ atMs }) => atMs)) })
  }

  #open(): UsageStore {
    const store = this.#options.openStore()
    try {
      for (const tally of this.#options.tallies ?? []) tally.open(store.database)
      return store
    } catch (error) {
      store.close()
      throw error
    }
  }

  /** A database that is no longer there had more than what waits here: everything that is held elsewhere comes again. */
  #reopen(): 'same' | 'anew' {
    this.#store = this.#open()
    if (!this.#hasCommitted || this.#store.sources().length > 0) return 'same'
    this.#sources = new Sources([])
    this.#positions.clear()
    this.#positionsStored.clear()
    this.#positionsTouched.clear()
    this.#touched.clear()
    this.#pending = []
    this.#pendingBytes = 0
    for (const [, fold] of this.#options.folds.entries()) fold.usage.clear()
    for (const tally of this.#options.tallies ?? []) tally.forget()
    this.#hasCommitted = false
    this.#failing = false
    this.#options.onAnew?.()
    return 'anew'
  }

  #write(store: UsageStore, sources: readonly Source[]): void {
    const { folds, tallies = [], clock } = this.#options
    const wallMs = clock.wallMs()
    store.commit({
      cells: [...folds.entries()].map(([partition, fold]) => [partition, fold.usage.cells()]),
      blocks: this.#pending,
      sources: sources.map(({ node, epoch, taken }) => ({ node, epoch, sequence: taken.last, holes: taken.holes })),
      positions: [...this.#positionsTouched].map((partition) => this.#positions.get(partition)!),
      alongside: () => {
        for (const tally of tallies) tally.write(wallMs)
      },
      wallMs,
    })
  }

  #add(batch: Batch, { partition, bytes, atMs, skip }: Arrival & { skip: number }): void {
    const requests = this.#options.folds.add(partition, newRecords(batch.records, skip), atMs)
    if (batch.malformed > 0) {
      this.#options.notify({ type: 'warning', message: `${batch.malformed} telemetry records are unreadable` })
    }
    this.#pending.push({ id: this.#nextBlockId++, atMs, skip, requests, bytes, partition })
    this.#pendingBytes += bytes.length
    // While commits fail, each further try waits for its second.
    const isMuch = this.#pendingBytes > pendingBytesEarly || this.#options.folds.usageSize > bounds.usageRowsMax
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
    // It may not be confirmed what it has; so nothing is, by this.
    const { node, epoch } = source
    this.#options.ask({ node, epoch, sequence: 0, gap: true })
  }
}
