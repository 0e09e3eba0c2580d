// Reads one request body into one slab, which grows with what arrives: a length that is announced takes no memory. A chunk
// that uWebSockets.js shows is valid only during its callback, so each is copied once, straight to its place.
import assert from 'node:assert/strict'
import type { Body, BodyOwner } from './http.ts'
import { largeBytesMin } from './shared-budget.ts'
import type { SlabPool } from './slabs.ts'

const firstChunkedBytes = 16 << 10
/** A body of an unknown length that outgrows its slab gets one so many times as large. */
const chunkedGrowth = 4
/** Large bodies are charged in steps. */
const chargeBytes = 1 << 20

/** A slab with what its pool has to know of it. */
interface TakenSlab {
  readonly pool: SlabPool
  readonly slab: Buffer
  /** What was charged for a large slab; 0 for a small one. */
  readonly charged: number
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
    if (charged === 0) pool.forget(slab)
    else pool.forgetLarge(charged, owner)
  }
}

export class BodyReader {
  readonly #pool: SlabPool
  readonly #bytesMax: number
  readonly #isDeclared: boolean
  #slab: Buffer | undefined
  #length = 0
  /** What is charged for a large slab; 0 while the slab is small. */
  #charged = 0
  #owner: BodyOwner | undefined
  /** The owner to whom a large slab is charged. */
  #chargedOwner: BodyOwner | undefined
  /** The time at which the body turned out to need more than one chunk: its deadline counts from there. */
  startedMs: number | undefined = undefined

  /** `declared`: the expected number of bytes. Undefined: an unknown number up to `bytesMax`. */
  constructor(pool: SlabPool, declared: number | undefined, bytesMax: number) {
    this.#pool = pool
    this.#isDeclared = declared !== undefined
    this.#bytesMax = declared ?? bytesMax
    this.#slab = pool.take(Math.min(this.#isDeclared ? largeBytesMin : firstChunkedBytes, this.#bytesMax))
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
    const body = new PooledBody(this.#length, this.#taken(this.#slab))
    this.#slab = undefined
    return body
  }

  /** Gives the slab back when a request ends before its body does. */
  drop(): void {
    if (this.#slab !== undefined) giveBack(this.#taken(this.#slab))
    this.#slab = undefined
  }

  #taken(slab: Buffer): TakenSlab {
    return { pool: this.#pool, slab, charged: this.#charged, owner: this.#chargedOwner }
  }

  /** The slab, moved to a larger one where it cannot hold `bytes`. Undefined when the memory budget is spent. */
  #slabFor(bytes: number): Buffer | undefined {
    const slab = this.#slab
    if (slab === undefined) return undefined
    if (bytes > slab.length) return this.#move(slab, bytes)
    return this.#charged === 0 || this.#charge(bytes) ? slab : undefined
  }

  #move(slab: Buffer, bytes: number): Buffer | undefined {
    const wanted = Math.max(bytes, Math.min(slab.length * chunkedGrowth, this.#bytesMax))
    const larger = wanted <= largeBytesMin ? this.#pool.take(wanted) : this.#openLarge(bytes, wanted)
    if (larger === undefined) return undefined
    larger.set(slab.subarray(0, this.#length))
    if (slab.length <= largeBytesMin) this.#pool.give(slab)
    else this.#pool.retire(slab)
    this.#slab = larger
    return larger
  }

  /** A slab for `wanted` bytes, or for all that were announced. `bytes` of them have come. */
  #openLarge(bytes: number, wanted: number): Buffer | undefined {
    const before = this.#charged
    if (!this.#charge(bytes)) return undefined
    const slab = this.#pool.openLarge(this.#isDeclared ? this.#bytesMax : wanted)
    if (slab === undefined) {
      this.#pool.forgetLarge(this.#charged - before, this.#chargedOwner)
      this.#charged = before
    }
    return slab
  }

  /** Charges for a large body of which `bytes` have come. */
  #charge(bytes: number): boolean {
    const step = Math.ceil(bytes / chargeBytes) * chargeBytes - this.#charged
    if (step <= 0) return true
    if (this.#charged === 0) this.#chargedOwner = this.#owner
    if (!this.#pool.charge(step, this.#chargedOwner)) return false
    this.#charged += step
    return true
  }
}

function giveBack({ pool, slab, charged, owner }: TakenSlab): void {
  if (charged === 0) pool.give(slab)
  else pool.giveLarge(slab, charged, owner)
}
