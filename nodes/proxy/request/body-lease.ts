// A request's body stands in a pooled slab. The slab goes back when no attempt can need it any more and the kernel has
// all of its bytes, whichever comes last.
import type { Body } from '../http/http.ts'

export class BodyLease {
  readonly #body: Body
  #sent = true
  #needed = true
  #released = false

  constructor(body: Body) {
    this.#body = body
  }

  /** Valid until the lease ends; the length stays. */
  get bytes(): Buffer {
    return this.#body.bytes
  }

  /** An attempt is about to send it. */
  sending(): void {
    this.#sent = false
  }

  /** The attempt is done with its bytes, or was aborted. */
  sent(): void {
    this.#sent = true
    this.#releaseIfDone()
  }

  /** No attempt begins from now on. The slab goes back when the last one has sent its bytes. */
  notNeeded(): void {
    this.#needed = false
    this.#releaseIfDone()
  }

  #releaseIfDone(): void {
    if (this.#needed || !this.#sent || this.#released) return
    this.#released = true
    this.#body.release()
  }
}
