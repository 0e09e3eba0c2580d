// The leases of one proxy. Spending within a lease asks nobody; when a lease is too small, and once a second, the register is told
// and asked over the bus. While it cannot be asked, what was granted is spent and no more.
import type { Clock, Timer } from '../../shared/clock.ts'
import { type Bus, decodeJson, type Subscription, subjects } from '../bus/bus.ts'
import { askRegister } from './bus-register.ts'
import { Lease, type LeaseTerms } from './lease.ts'
import { type LeaseOutcome, LeaseQueue } from './lease-queue.ts'
import type { LedgerKey } from './ledger-table.ts'
import { type MarkJournal, nothingYet } from './mark-journal.ts'
import type { AddressedReport } from './register.ts'

export interface BudgetDeskOptions {
  readonly node: string
  /** Another one at each start. */
  readonly boot: string
  readonly bus: Bus
  readonly clock: Clock
  readonly journal: MarkJournal
}

const flushMs = 1_000
/** The pause of a request that waits for what others give back. */
const againMs = 50
const waitMsMax = 1_000
const waitersMax = 4_096
/** The time that a message of an earlier life of this process may be on its way. */
const lateMsMax = 10_000

const nobody = { least: 0, all: 0 }

interface Desk {
  readonly lease: Lease
  readonly queue: LeaseQueue
  isPumping: boolean
  /** False: it is forgotten, and another one takes its place. */
  isOpen: boolean
}

export class BudgetDesk {
  readonly #options: BudgetDeskOptions
  /** Names this life of the process. */
  readonly #life: string
  #made = 0
  #startedMs = 0
  readonly #desks = new Map<string, Desk>()
  /** The same desks: a request has the lease, or the window of the budget, and should not make a name of it. */
  readonly #byLease = new Map<Lease, Desk>()
  readonly #byWindow = new WeakMap<LedgerKey, Desk>()
  #subscriptions: { stop(): void }[] = []
  #soon: Timer | undefined
  #waiters = 0

  constructor(options: BudgetDeskOptions) {
    this.#options = options
    this.#life = `${options.node}/${options.boot}/`
  }

  start(): void {
    const { bus, clock } = this.#options
    this.#startedMs = clock.monotonicMs()
    const timer = clock.every(flushMs, () => this.#tick())
    const recalls: Subscription = bus.subscribe(subjects.budgetRecall, (payload) => this.#recall(payload))
    this.#subscriptions = [recalls, { stop: () => timer.cancel() }]
    void this.#closeEarlier()
  }

  /** Tells the register what was spent, and gives back the rest. */
  async stop(): Promise<void> {
    for (const one of this.#subscriptions) one.stop()
    this.#soon?.cancel()
    for (const { lease } of this.#desks.values()) lease.recall()
    await this.#report([...this.#desks.values()])
    this.#forgetEnded(() => true)
    await this.#options.journal.close()
  }

  get leases(): Iterable<Lease> {
    return [...this.#desks.values()].map(({ lease }) => lease)
  }

  /** The lease of a budget in a window. A budget that becomes soft, or hard, begins another one. `window` is kept by the caller as long as
   *  the window lasts. */
  lease(window: LedgerKey, asked: LeaseTerms): Lease {
    const { lease } = this.#deskOf(window, asked)
    if (asked.terms.revision > lease.terms.revision) lease.terms = asked.terms
    return lease
  }

  #deskOf(window: LedgerKey, { terms, isHard }: LeaseTerms): Desk {
    const recent = this.#byWindow.get(window)
    if (recent?.isOpen === true && recent.lease.isHard === isHard) return recent
    const name = nameOf({ key: window.key, window: window.window, isHard })
    const desk =
      this.#desks.get(name) ?? this.#open(name, new Lease(window, { terms, isHard, holder: this.#nextHolder() }))
    this.#byWindow.set(window, desk)
    return desk
  }

  #nextHolder(): string {
    return `${this.#life}${++this.#made}`
  }

  #open(name: string, lease: Lease): Desk {
    const desk = { lease, queue: new LeaseQueue(lease), isPumping: false, isOpen: true }
    this.#desks.set(name, desk)
    this.#byLease.set(lease, desk)
    return desk
  }

  /** Waits a second at most until the amount is reserved. */
  wait(lease: Lease, amount: number): LeaseOutcome | Promise<LeaseOutcome> {
    const desk = this.#byLease.get(lease)
    if (desk === undefined || this.#waiters >= waitersMax) return 'away'
    if (lease.isBeyond(amount)) return 'spent'
    const { clock } = this.#options
    this.#waiters++
    const waiting = desk.queue.add(amount, (late) => clock.after(waitMsMax, late))
    void this.#pump(desk)
    return waiting.finally(() => {
      this.#waiters--
    })
  }

  /** After a reservation: renews the lease before the next request has to wait. */
  renew(lease: Lease): void {
    if (lease.room >= lease.comfort / 2 && lease.nextMark(nobody) === undefined) return
    const desk = this.#byLease.get(lease)
    if (desk !== undefined && !desk.isPumping) void this.#pump(desk)
  }

  /** After a request has settled: what others may wait for is given back soon. */
  settled(lease: Lease): void {
    const desk = this.#byLease.get(lease)
    if (desk === undefined) return
    if (desk.queue.size > 0) desk.queue.serve()
    else if (lease.isScarce) this.#soon ??= this.#options.clock.after(againMs, () => this.#flush())
  }

  /** Serves who waits for one lease, asking as long as that helps. */
  async #pump(desk: Desk): Promise<void> {
    if (desk.isPumping) return
    desk.isPumping = true
    const { lease, queue } = desk
    await this.#serve(desk)
    if (queue.size > 0 || lease.room < lease.comfort / 2) await this.#ask(desk)
    while (queue.size > 0) {
      await pause(this.#options.clock, againMs)
      await this.#ask(desk)
    }
    desk.isPumping = false
  }

  async #ask(desk: Desk): Promise<void> {
    if (!(await this.#report([desk]))) desk.queue.turnAway()
    await this.#serve(desk)
  }

  /** Lets go who fits into what is held, a group at a time: each group's mark is on the disk before. */
  async #serve(desk: Desk): Promise<void> {
    const { lease, queue } = desk
    for (let before = -1; before !== queue.size; ) {
      if (!(await this.#mark(desk))) queue.turnAway()
      before = queue.size
      queue.serve()
      if (queue.size === 0 || lease.free < queue.wanted.least) return
    }
  }

  /** Writes how much may be spent, where the next reservations need it. False: the disk does not take it. */
  async #mark({ lease, queue }: Desk): Promise<boolean> {
    const mark = lease.nextMark(queue.wanted)
    if (mark === undefined || !lease.isHard) return true
    const { key, window, holder } = lease
    const isWritten = await this.#options.journal.write({ key, window, holder, mark })
    if (isWritten) lease.durable = Math.max(lease.durable, mark)
    return isWritten
  }

  /** Reports leases, and takes what is granted. False: nobody answered for one of them. */
  async #report(desks: readonly Desk[]): Promise<boolean> {
    const free = desks.filter(({ lease }) => !lease.isReporting)
    if (free.length === 0) return true
    for (const { lease } of free) lease.isReporting = true
    const told = await this.#noted(free)
    if (told.length === 0) return false
    const reports = told.map(({ lease, queue }): AddressedReport => {
      const { key, window, terms } = lease
      return { key, window, report: lease.report(queue.wanted), terms }
    })
    const answers = await askRegister(this.#options.bus, reports)
    for (const [index, { lease }] of told.entries()) {
      const answer = answers[index]
      lease.isReporting = false
      if (answer?.ok === true) lease.onAnswer(answer.value)
      else lease.onSilence()
    }
    return told.length === free.length && answers.every(({ ok }) => ok)
  }

  /** Those whose holders are on the disk: what is granted to a process that is killed before it spends anything is given back by its next
   *  life. */
  async #noted(desks: readonly Desk[]): Promise<Desk[]> {
    const noted = await Promise.all(
      desks.map(async (desk) => {
        const { lease } = desk
        lease.isNoted ||=
          !lease.isHard || (await this.#options.journal.write({ ...markKeyOf(lease), mark: nothingYet }))
        if (!lease.isNoted) lease.isReporting = false
        return lease.isNoted ? [desk] : []
      }),
    )
    return noted.flat()
  }

  #tick(): void {
    for (const { lease } of this.#desks.values()) lease.measure()
    this.#flush()
    const nowMs = this.#options.clock.wallMs()
    this.#forgetEnded(({ terms }) => terms.windowEndMs < nowMs)
    void this.#closeEarlier()
  }

  #flush(): void {
    this.#soon?.cancel()
    this.#soon = undefined
    const news = [...this.#desks.values()].filter(({ lease, isPumping }) => lease.hasNews && !isPumping)
    if (news.length > 0) void this.#report(news)
  }

  /** Leases that hold nothing, owe no report and are not needed any more. */
  #forgetEnded(isOver: (lease: Lease) => boolean): void {
    for (const [name, desk] of this.#desks) {
      const { lease, queue } = desk
      if (!isOver(lease) || lease.reserved > 0 || lease.isReporting || queue.size > 0) continue
      lease.recall()
      if (lease.hasNews) continue
      this.#desks.delete(name)
      this.#byLease.delete(lease)
      desk.isOpen = false
      this.#options.journal.erase(lease)
    }
  }

  #recall(payload: Uint8Array): void {
    const desk = this.#desks.get(nameOf({ ...(decodeJson(payload) as LedgerKey), isHard: true }))
    if (desk === undefined || desk.lease.free === 0) return
    desk.lease.recall()
    if (!desk.isPumping) void this.#report([desk])
  }

  /** Tells the register what earlier lives of this process can have spent at most. */
  async #closeEarlier(): Promise<void> {
    const earlier = this.#options.journal.marks.filter(({ holder }) => !holder.startsWith(this.#life))
    if (earlier.length === 0) return
    const reports = earlier.map(({ key, window, holder, mark }): AddressedReport => {
      const nothing = { open: 0, least: 0, waiting: 0, wants: 0 }
      return {
        key,
        window,
        report: { holder, sequence: Number.MAX_SAFE_INTEGER, settled: Math.max(0, mark), ...nothing, hasEnded: true },
      }
    })
    const answers = await askRegister(this.#options.bus, reports)
    // A register that does not know the budget yet may still get the first report of a life that has ended.
    const isLate = this.#options.clock.monotonicMs() - this.#startedMs > lateMsMax
    for (const [index, mark] of earlier.entries()) {
      const answer = answers[index]
      if (answer?.ok === true && (answer.value.cap > 0 || isLate)) this.#options.journal.erase(mark)
    }
  }
}

function markKeyOf({ key, window, holder }: Lease) {
  return { key, window, holder }
}

function nameOf({ key, window, isHard }: LedgerKey & { isHard: boolean }): string {
  return `${window} ${isHard ? 'hard' : 'soft'} ${key}`
}

function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((settle) => void clock.after(ms, settle))
}
