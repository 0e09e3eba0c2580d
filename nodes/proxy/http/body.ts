// Reads one request body into one slab, which grows with what arrives: a length that is announced takes no memory. A chunk
// that uWebSockets.js shows is valid only during its callback, so each is copied once, straight to its place.
import assert from 'node:assert/strict'
import { type Body, type BodyOwner, emptyBody } from './http.ts'
import { largeBytesMin } from './shared-budget.ts'
import type { SlabPool } from './slabs.ts'

/** A body that outgrows its slab gets one so many times as large. */
const growth = 4
/** Large bodies are charged in steps. */
const chargeBytes = 1 << 20

/** A slab with what its pool has to know of it. */
interface TakenSlab {
  readonly pool: SlabPool
  readonly slab: Buffer
  /** What was charged for a large slab; 0 for one of the pool's sizes. */
  readonly charged: number
  /** The owner to whom the slab is charged. */
  readonly owner: BodyOwner | undefined
}

export class PooledBody implements Body {
  readonly bytes: Buffer
  readonly #taken: TakenSlab
  #held = true

  constructor(length: number, taken: TakenSlab) {
    this.#taken = taken
    this.bytes = taken.slab.subarray(0, length)
  }

  release(): void {
    assert(this.#held, 'a body was released twice')
    this.#held = false
    giveBack(this.#taken)
  }

  /** Called after a handler threw: other code may still read the bytes, so the slab is never used again. */
  abandon(): void {
    if (!this.#held) return
    this.#held = false
    const { pool, slab, charged, owner } = this.#taken
    if (charged === 0) pool.forget(slab, owner)
    else pool.forgetLarge(charged, owner)
  }
}

export class BodyReader {
  readonly #pool: SlabPool
  readonly #bytesMax: number
  readonly #isDeclared: boolean
  /** Undefined before anything has come. */
  #slab: Buffer | undefined
  #length = 0
  /** What is charged for a large slab. */
  #charged = 0
  #owner: BodyOwner | undefined
  #slabOwner: BodyOwner | undefined
  /** The time at which the body turned out to need more than one chunk: its deadline counts from there. */
  startedMs: number | undefined = undefined
  #isOver = false

  /** `declared`: the expected number of bytes. Undefined: an unknown number up to `bytesMax`. */
  constructor(pool: SlabPool, declared: number | undefined, bytesMax: number) {
    this.#pool = pool
    this.#isDeclared = declared !== undefined
    this.#bytesMax = declared ?? bytesMax
  }

  /** Says whose body it is. What is taken from then on is charged to the owner. */
  belongsTo(owner: BodyOwner | undefined): void {
    this.#owner = owner
  }

  /** `over`: the body was dropped, and what still comes of it is nobody's. */
  add(chunk: ArrayBuffer): 'read' | 'too-large' | 'overloaded' | 'over' {
    if (this.#isOver) return 'over'
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
  finish(): Body {
    this.#isOver = true
    if (this.#slab === undefined) return emptyBody
    const body = new PooledBody(this.#length, this.#taken(this.#slab))
    this.#slab = undefined
    return body
  }

  /** Gives the slab back when a request ends before its body does. */
  drop(): void {
    this.#isOver = true
    if (this.#slab !== undefined) giveBack(this.#taken(this.#slab))
    this.#slab = undefined
  }

  #taken(slab: Buffer): TakenSlab {
    return { pool: this.#pool, slab, charged: this.#charged, owner: this.#slabOwner }
  }

  /** A slab with room for `bytes`. Undefined when the memory budget is spent. */
  #slabFor(bytes: number): Buffer | undefined {
    const slab = this.#slab
    if (slab === undefined) return this.#move(bytes, bytes)
    if (bytes > slab.length) return this.#move(bytes, Math.max(bytes, Math.min(slab.length * growth, this.#bytesMax)))
    return this.#charged === 0 || this.#charge(bytes) ? slab : undefined
  }

  /** Moves what has come to a slab of `wanted` bytes. */
  #move(bytes: number, wanted: number): Buffer | undefined {
    const owner = this.#charged === 0 ? this.#owner : this.#slabOwner
    const before = this.#slab === undefined ? undefined : this.#taken(this.#slab)
    const slab = wanted <= largeBytesMin ? this.#pool.take(wanted, owner) : this.#openLarge(bytes, wanted, owner)
    if (slab === undefined) return undefined
    if (before !== undefined) {
      slab.set(before.slab.subarray(0, this.#length))
      if (before.charged === 0) giveBack(before)
      else this.#pool.retire(before.slab)
    }
    this.#slabOwner = owner
    this.#slab = slab
    return slab
  }

  /** A slab for `wanted` bytes, or for all that were announced. `bytes` of them have come. */
  #openLarge(bytes: number, wanted: number, owner: BodyOwner | undefined): Buffer | undefined {
    const before = this.#charged
    if (!this.#charge(bytes, owner)) return undefined
    const slab = this.#pool.openLarge(this.#isDeclared ? this.#bytesMax : wanted)
    if (slab === undefined) {
      this.#pool.forgetLarge(this.#charged - before, owner)
      this.#charged = before
    }
    return slab
  }

  /** Charges for a large body of which `bytes` have come. */
  #charge(bytes: number, owner = this.#slabOwner): boolean {
    const step = Math.ceil(bytes / chargeBytes) * chargeBytes - this.#charged
    if (step <= 0) return true
    if (!this.#pool.charge(step, owner)) return false
    this.#charged += step
    return true
  }
}

function giveBack({ pool, slab, charged, owner }: TakenSlab): void {
  if (charged === 0) pool.give(slab, owner)
  else pool.giveLarge(slab, charged, owner)
}
