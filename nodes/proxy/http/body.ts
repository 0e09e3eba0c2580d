// Reads one request body into one slab, which grows with what arrives: a length that is announced takes no memory. A chunk that uWebSockets.js shows is valid only during its callback, so each is
// copied once, straight to its place.
import assert from 'node:assert/strict'
import type { Body, BodyOwner } from './http.ts'
import type { SlabPool } from './slabs.ts'

const firstChunkedBytes = 16 << 10
/** What a body of a known length is given at first; a longer one grows with what arrives. */
const firstDeclaredBytes = 1 << 20

export class PooledBody implements Body {
  readonly bytes: Buffer
  readonly #slab: Buffer
  readonly #pool: SlabPool
  readonly #owner: BodyOwner | undefined
  #held = true

  constructor(slab: Buffer, length: number, from: { pool: SlabPool; owner: BodyOwner | undefined }) {
    this.#slab = slab
    this.#pool = from.pool
    this.#owner = from.owner
    this.bytes = slab.subarray(0, length)
  }

  release(): void {
    assert(this.#held, 'a body was released twice')
    this.#held = false
    this.#pool.give(this.#slab, this.#owner)
  }

  /** Called after a handler threw: other code may still read the bytes, so the slab is never used again. */
  abandon(): void {
    if (!this.#held) return
    this.#held = false
    this.#pool.forget(this.#slab, this.#owner)
  }
}

export class BodyReader {
  readonly #pool: SlabPool
  readonly #bytesMax: number
  #slab: Buffer | undefined
  #length = 0
  /** The time at which the body turned out to need more than one chunk: its deadline counts from there. */
  startedMs: number | undefined = undefined
  #owner: BodyOwner | undefined
  /** The owner to whom the slab is charged. */
  #slabOwner: BodyOwner | undefined

  /** `declared`: the expected number of bytes. Undefined: an unknown number up to `bytesMax`. */
  constructor(pool: SlabPool, declared: number | undefined, bytesMax: number) {
    this.#pool = pool
    this.#bytesMax = declared ?? bytesMax
    this.#slab = pool.take(Math.min(declared === undefined ? firstChunkedBytes : firstDeclaredBytes, this.#bytesMax))
  }

  /** Says whose body it is. A body that becomes large is charged to the owner. */
  belongsTo(owner: BodyOwner | undefined): void {
    this.#owner = owner
  }

  /** False when the memory budget is spent. */
  get hasRoom(): boolean {
    return this.#slab !== undefined
  }

  add(chunk: ArrayBuffer): 'read' | 'too-large' | 'overloaded' {
    if (chunk.byteLength === 0) return 'read'
    const end = this.#length + chunk.byteLength
    if (end > this.#bytesMax) return 'too-large'
    const slab = this.#slabFor(end)
    if (slab === undefined) return 'overloaded'
    slab.set(new Uint8Array(chunk), this.#length)
    this.#length = end
    return 'read'
  }

  /** Returns the body. The reader holds nothing afterwards. */
  finish(): PooledBody {
    assert(this.#slab !== undefined, 'a body was finished that was never read')
    const body = new PooledBody(this.#slab, this.#length, { pool: this.#pool, owner: this.#slabOwner })
    this.#slab = undefined
    return body
  }

  /** Gives the slab back when a request ends before its body does. */
  drop(): void {
    if (this.#slab !== undefined) this.#pool.give(this.#slab, this.#slabOwner)
    this.#slab = undefined
  }

  /** The slab, moved to a larger one where it cannot hold `bytes`. Undefined when the memory budget is spent. */
  #slabFor(bytes: number): Buffer | undefined {
    const slab = this.#slab
    if (slab === undefined || bytes <= slab.length) return slab
    const larger = this.#pool.take(Math.max(bytes, Math.min(slab.length * 2, this.#bytesMax)), this.#owner)
    if (larger === undefined) return undefined
    larger.set(slab.subarray(0, this.#length))
    this.#pool.give(slab, this.#slabOwner)
    this.#slabOwner = this.#owner
    this.#slab = larger
    return larger
  }
}
