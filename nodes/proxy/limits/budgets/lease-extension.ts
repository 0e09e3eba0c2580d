// What an answer has taken of one lease beyond its bound. It grows while the answer comes, and is given back when the request is settled.
import type { BudgetDesk } from '../../../../cluster/budgets/budget-desk.ts'
import type { Lease } from '../../../../cluster/budgets/lease.ts'
import type { LeaseOutcome } from '../../../../cluster/budgets/lease-queue.ts'

export class LeaseExtension {
  readonly lease: Lease
  readonly #desk: BudgetDesk
  #extra = 0
  #isAsking = false
  #isOver = false

  constructor(desk: BudgetDesk, lease: Lease) {
    this.#desk = desk
    this.lease = lease
  }

  get extra(): number {
    return this.#extra
  }

  /** Takes as much as makes the first of these amounts that is at hand. Where that is not the first of all, the register is asked for
   *  more, and answers later. The amounts get smaller. */
  grow(amounts: readonly number[]): void {
    const taken = amounts.findIndex((amount) => this.#reaches(amount))
    if (taken !== 0) this.#ask(amounts)
    this.#desk.renew(this.lease)
  }

  #reaches(amount: number): boolean {
    const more = amount - this.#extra
    if (more > 0 && !this.lease.reserve(more)) return false
    if (more > 0) this.#extra = amount
    return true
  }

  /** Ends it, and returns what was taken. */
  end(): number {
    this.#isOver = true
    return this.#extra
  }

  #ask(amounts: readonly number[]): void {
    const missing = amounts.map((amount) => amount - this.#extra)
    const amount = missing.find((one) => one > 0 && !this.lease.isBeyond(one))
    if (this.#isAsking || amount === undefined) return
    const answer = this.#desk.wait(this.lease, amount)
    if (!(answer instanceof Promise)) {
      this.#onAnswer(answer, amount)
      return
    }
    this.#isAsking = true
    void answer.then((late) => this.#onAnswer(late, amount))
  }

  #onAnswer(outcome: LeaseOutcome, amount: number): void {
    this.#isAsking = false
    if (outcome !== 'granted') return
    if (!this.#isOver) {
      this.#extra += amount
      return
    }
    this.lease.settle(amount, 0)
    this.#desk.settled(this.lease)
  }
}
