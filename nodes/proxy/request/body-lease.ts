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

  #releaseIfDone(): void {
    if (this.#needed || !this.#sent || this.#released) return
    this.#released = true
    this.#body.release()
  }
}
