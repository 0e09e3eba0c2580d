// One partition of the ledger in memory: what waits for the next commit, and where the stored part ends.
import { firstHead, type Head } from './chain.ts'
import { type KnownEvent, type MoneyEvent, requestName } from './money-event.ts'
import type { MonthClose } from './months.ts'
import { WaitingAttempts } from './waiting-attempts.ts'

export class Book {
  readonly partition: number
  head: Head
  /** The head under the current key is not stored yet. */
  isHeadDue = false
  /** The head that the running commit stores. */
  nextHead: Head | undefined
  pending: MoneyEvent[] = []
  closes: MonthClose[] = []
  /** Months that the next commit closes. */
  closing: MonthClose[] = []
  readonly waiting = new WaitingAttempts()
  /** Events of `pending` by request, up to `#indexed`. */
  readonly #byRequest = new Map<string, MoneyEvent[]>()
  #indexed = 0

  constructor(partition: number) {
    this.partition = partition
    this.head = firstHead(partition)
  }

  get isChanged(): boolean {
    return this.pending.length > 0 || this.closing.length > 0 || this.waiting.isChanged || this.isHeadDue
  }

  /** Events of a request that are not committed. The index is made when it is needed, which is seldom. */
  pendingOf(name: string): readonly KnownEvent[] {
    for (; this.#indexed < this.pending.length; this.#indexed++) {
      const event = this.pending[this.#indexed] as MoneyEvent
      const known = this.#byRequest.get(requestName(event))
      if (known === undefined) this.#byRequest.set(requestName(event), [event])
      else known.push(event)
    }
    return this.#byRequest.get(name) ?? []
  }

  committed(): void {
    if (this.nextHead !== undefined) this.head = this.nextHead
    this.nextHead = undefined
    this.isHeadDue = false
    this.closes.push(...this.closing)
    this.closing = []
    this.waiting.committed()
    this.#drop()
  }

  /** Forgets all that is not stored. */
  forget(): void {
    this.closing = []
    this.waiting.forget()
    this.#drop()
  }

  #drop(): void {
    this.pending = []
    this.#byRequest.clear()
    this.#indexed = 0
  }
}
