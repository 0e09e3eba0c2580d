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

  /** Takes `wanted`. Where so much is not at hand the register is asked for it, which answers later, and what is missing at `needed` is
   *  taken meanwhile. */
  grow(needed: number, wanted: number): void {
    const missing = needed - this.#extra
    if (missing <= 0) return
    if (!this.#takes(wanted)) {
      const isAtHand = this.#takes(missing)
      const asked = this.lease.isBeyond(wanted) ? missing : wanted
      if (!this.#isAsking && !(isAtHand && asked === missing)) this.#ask(asked)
    }
    this.#desk.renew(this.lease)
  }

  #takes(amount: number): boolean {
    const isTaken = this.lease.reserve(amount)
    if (isTaken) this.#extra += amount
    return isTaken
  }

  /** Ends it, and returns what was taken. */
  end(): number {
    this.#isOver = true
    return this.#extra
  }

  #ask(amount: number): void {
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
