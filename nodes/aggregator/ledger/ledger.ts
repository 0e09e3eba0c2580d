// The ledger of money: an event for each attempt that was made at a provider, never changed, in the same transaction as usage. It
// decides for each record what usage adds, so that the two have the same sums.
import type { DatabaseSync } from 'node:sqlite'
import type { Notify } from '../../../shared/notice.ts'
import type { Trouble } from '../../../shared/readiness.ts'
import type { DecodedRequest } from '../../../shared/telemetry/decode.ts'
import type { AttemptRecord } from '../../../shared/telemetry/records.ts'
import { isSettledBatch } from '../../../shared/telemetry/settled-batch.ts'
import type { Transactional } from '../transactional-sum.ts'
import { Book } from './book.ts'
import { type Arrived, bookLateAttempt, bookRequest, isCrashSettled } from './booking.ts'
import type { Head } from './chain.ts'
import type { Charged } from './charged.ts'
import { LedgerStore, type LedgerStoreOptions } from './ledger-store.ts'
import { type KnownEvent, requestName, timeOf } from './money-event.ts'
import { closeEvent, type MonthClose } from './months.ts'
import { standInFor } from './stand-in.ts'

export interface LedgerOptions extends LedgerStoreOptions {
  readonly notify: Notify
}

/** Takes the records of one partition that came together. */
export interface BookedPartition {
  /** `summedUser`: the name under which usage sums the user. Returns what usage adds. */
  takeRequest(request: DecodedRequest, summedUser: string): Charged
  takeAttempt(attempt: AttemptRecord): void
}

/** What stands for a request whose own record is lost. */
export interface Orphan {
  readonly partition: number
  readonly request: DecodedRequest
  take(summedUser: string): Charged
}

/** An attempt whose request has not come for so long gets a stand-in. */
const orphanMs = 3_600_000
const noEvents: readonly KnownEvent[] = []

export class Ledger implements Transactional {
  readonly #options: LedgerOptions
  readonly #books = new Map<number, Book>()
  #provisional = new Set<string>()
  #store: LedgerStore | undefined
  #isWriting = false
  /** Records of crashed requests that were here before, since the start. */
  repeated = 0

  constructor(options: LedgerOptions) {
    this.#options = options
  }

  open(database: DatabaseSync): void {
    const store = new LedgerStore(database, this.#options)
    for (const { partition, head, isProven, isOldKey } of store.heads()) {
      const book = this.#book(partition)
      book.head = isProven || head.brokenAt > 0 ? head : this.#onBroken(partition, head)
      book.isHeadDue = isOldKey || !isProven
    }
    const closes = Map.groupBy(store.closes(), ([partition]) => partition)
    for (const [partition, own] of closes) this.#book(partition).closes = own.map(([, close]) => close)
    for (const [partition, name, waiting] of store.waiting()) this.#book(partition).waiting.restore(name, waiting)
    for (const name of store.provisional()) this.#provisional.add(name)
    this.#store = store
    this.#isWriting = false
  }

  in(partition: number, arrivedMs: number): BookedPartition {
    const book = this.#book(partition)
    return {
      takeRequest: (request, summedUser) => this.#takeRequest(book, { request, arrivedMs, summedUser }),
      takeAttempt: (attempt) => this.#takeAttempt(book, attempt, arrivedMs),
    }
  }

  /** Requests whose attempts came and whose own records did not, and will not. */
  *orphans(wallMs: number): Generator<Orphan> {
    for (const book of this.#books.values()) {
      for (const waiting of book.waiting.takeOlder(wallMs - orphanMs)) {
        const attempts = waiting.map(({ attempt }) => attempt)
        const request = standInFor(attempts)
        if (request === undefined) continue
        const arrived = { request, attempts, arrivedMs: wallMs, isStandIn: true }
        yield {
          partition: book.partition,
          request,
          take: (summedUser) => this.#enter(book, { ...arrived, summedUser }),
        }
      }
    }
  }

  /** Closes a month in a partition with the next commit. Nothing, where it is closed. */
  close(partition: number, close: MonthClose): void {
    const book = this.#book(partition)
    const isKnown = [...book.closes, ...book.closing].some(({ name }) => name === close.name)
    if (!isKnown) book.closing.push(close)
  }

  get isDue(): boolean {
    return [...this.#books.values()].some(({ isChanged }) => isChanged)
  }

  write(wallMs: number): void {
    const store = this.#store
    if (store === undefined) return
    // What an earlier write made was rolled back.
    if (this.#isWriting) store.rolledBack()
    this.#isWriting = true
    for (const book of this.#books.values()) if (book.isChanged) this.#writeBook(store, book, wallMs)
    store.pruneNames(wallMs)
  }

  committed(): void {
    this.#isWriting = false
    for (const book of this.#books.values()) book.committed()
  }

  forget(): void {
    for (const book of this.#books.values()) book.forget()
    this.#provisional = new Set(this.#store?.provisional())
  }

  closesOf(partition: number): readonly MonthClose[] {
    return this.#books.get(partition)?.closes ?? []
  }

  troubles(): Trouble[] {
    return [...this.#books.values()].flatMap(({ partition, head }) =>
      head.brokenAt === 0
        ? []
        : [{ level: 'degraded', reason: `the ledger of partition ${partition} was changed by somebody else` } as const],
    )
  }

  #takeRequest(book: Book, came: Omit<Arrived, 'attempts'>): Charged {
    const { record, attempt } = came.request
    if (attempt !== undefined) return this.#enter(book, { ...came, attempts: [attempt] })
    const waited = record.attempts > 0 ? book.waiting.take(requestName(record)) : []
    return this.#enter(book, { ...came, attempts: waited.map((one) => one.attempt) })
  }

  #enter(book: Book, arrived: Arrived): Charged {
    const name = requestName(arrived.request.record)
    const isProvisional = arrived.isStandIn === true || isCrashSettled(arrived.request, arrived.attempts)
    const mayBeKnown = isProvisional || isSettledBatch(arrived.request.record)
    const known = mayBeKnown || this.#provisional.has(name) ? this.#known(book, arrived.request.record) : noEvents
    const { events, charged } = bookRequest(arrived, known)
    for (const event of events) book.pending.push(event)
    if (charged.type === 'nothing') this.repeated++
    else if (!isProvisional) this.#provisional.delete(name)
    else this.#provisional.add(name)
    return charged
  }

  #takeAttempt(book: Book, attempt: AttemptRecord, arrivedMs: number): void {
    const late = bookLateAttempt(attempt, arrivedMs, this.#known(book, attempt))
    if (late === undefined) book.waiting.add({ attempt, arrivedMs })
    else for (const event of late) book.pending.push(event)
  }

  /** The events of a request, stored ones and those that wait. While the database cannot be read, only the latter. */
  #known(book: Book, request: { requestId: string; atMs: number }): readonly KnownEvent[] {
    const pending = book.pendingOf(requestName(request))
    try {
      const named = { requestId: request.requestId, atMs: timeOf(request.atMs) }
      return [...(this.#store?.eventsOf(book.partition, named) ?? []), ...pending]
    } catch {
      return pending
    }
  }

  #writeBook(store: LedgerStore, book: Book, wallMs: number): void {
    const { partition, head, pending, closing, closes } = book
    const appended = store.append(partition, head, {
      events: [...pending, ...closing.map(closeEvent)],
      closes,
      wallMs,
    })
    for (const close of closing) store.close(partition, close)
    for (const [name, waiting] of book.waiting.changes()) store.setWaiting(partition, name, waiting)
    const next = store.prune(partition, appended, wallMs)
    if (next !== head || book.isHeadDue) store.setHead(partition, next)
    book.nextHead = next
  }

  /** Goes on after a head that nobody with the key wrote. What was there stays, and is told for as long as it is kept. */
  #onBroken(partition: number, head: Head): Head {
    this.#options.notify({
      type: 'warning',
      message: `the ledger of partition ${partition} does not end as this process left it: run headgate ledger verify`,
    })
    return { ...head, brokenAt: head.last + 1 }
  }

  #book(partition: number): Book {
    const known = this.#books.get(partition)
    if (known !== undefined) return known
    const book = new Book(partition)
    this.#books.set(partition, book)
    return book
  }
}
