// A request's body stands in a pooled slab. The slab goes back when no attempt can need it any more and the kernel has
// all of its bytes, whichever comes last. What is made of the body (a parsed form, a copy) is charged to a budget of its own
// until the request ends.
import type { NoRoom } from '../errors/gateway-error.ts'
import type { Body, BodyOwner } from '../http/http.ts'
import { type SharedBudget, type TakingSize, takingSize } from '../http/shared-budget.ts'

/** The memory for what is made of bodies, and whose body it is. */
export interface ParsedMemory {
  readonly budget: SharedBudget
  readonly owner: BodyOwner
}

export class BodyLease {
  readonly #body: Body
  readonly #memory: ParsedMemory | undefined
  /** What is charged, by the size of each taking; made at the first. */
  #charged: Record<TakingSize, number> | undefined
  #chargedUpTo = 0
  #sent = true
  #needed = true
  #released = false

  /** `memory` is undefined where nothing is charged. */
  constructor(body: Body, memory?: ParsedMemory) {
    this.#body = body
    this.#memory = memory
  }

  /** The bytes of the body, which are valid until the lease ends. Afterwards they may be empty, or those of another body. */
  get bytes(): Buffer {
    return this.#body.bytes
  }

  /** Tells that an attempt is about to send the body. */
  sending(): void {
    this.#sent = false
  }

  /** Tells that the attempt is done with the bytes, or was aborted. */
  sent(): void {
    this.#sent = true
    this.#releaseIfDone()
  }

  /** Tells that no attempt begins from now on. The slab goes back when the last one has sent its bytes. */
  notNeeded(): void {
    this.#needed = false
    this.#releaseIfDone()
  }

  /** Charges what is about to be made of the body. Returns why there is no room for it, where there is none. */
  charge(bytes: number): NoRoom | undefined {
    const memory = this.#memory
    if (memory === undefined) return undefined
    const { budget, owner } = memory
    if (bytes > budget.largestBytes) return { type: 'no-room', when: 'ever' }
    if (!budget.take(bytes, owner)) return { type: 'no-room', when: 'now' }
    this.#charged ??= { small: 0, medium: 0, large: 0 }
    this.#charged[takingSize(bytes)] += bytes
    return undefined
  }

  /** Charges all that is made of the body for an attempt. What was charged for an earlier one counts, because it is dropped by then. */
  chargeUpTo(bytes: number): NoRoom | undefined {
    const memory = this.#memory
    if (memory === undefined || bytes <= this.#chargedUpTo) return undefined
    if (bytes > memory.budget.largestBytes) return { type: 'no-room', when: 'ever' }
    const noRoom = this.charge(bytes - this.#chargedUpTo)
    if (noRoom === undefined) this.#chargedUpTo = bytes
    return noRoom
  }

  /** Tells that what was made of the body is there no more. It is called at the end of the request at the latest. */
  discharge(): void {
    const charged = this.#charged
    if (this.#memory === undefined || charged === undefined) return
    this.#charged = undefined
    this.#chargedUpTo = 0
    const { budget, owner } = this.#memory
    for (const size of ['small', 'medium', 'large'] as const) {
      if (charged[size] > 0) budget.give(charged[size], owner, size)
    }
  }

  #releaseIfDone(): void {
    if (this.#needed || !this.#sent || this.#released) return
    this.#released = true
    this.#body.release()
  }
}
