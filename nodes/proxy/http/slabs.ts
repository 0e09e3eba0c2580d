// Memory for request bodies. Small slabs, of a few sizes, are used again, so that a body costs one copy and no garbage. A large
// body has a slab of its own, which is charged as bytes arrive and whose memory goes back to the system: left to the garbage
// collector it would stay for as long as nothing else is allocated.
import assert from 'node:assert/strict'
import { freeBytes } from '../../../shared/free-bytes.ts'
import type { BodyOwner } from './http.ts'
import { largeBytesMin, type SharedBudget } from './shared-budget.ts'

/** Size in bytes, and how many idle slabs of it are kept at most. */
const sizes = [
  { bytes: 4 << 10, idleMax: 256 },
  { bytes: 16 << 10, idleMax: 128 },
  { bytes: 64 << 10, idleMax: 64 },
  { bytes: 256 << 10, idleMax: 32 },
  { bytes: largeBytesMin, idleMax: 8 },
] as const

interface SizeClass {
  readonly bytes: number
  readonly idleMax: number
  readonly idle: Buffer[]
  /** The fewest idle slabs since the last trim: nobody needed these. */
  idleMin: number
}

export class SlabPool {
  readonly budget: SharedBudget
  readonly #classes: readonly SizeClass[] = sizes.map((size) => ({ ...size, idle: [], idleMin: 0 }))
  /** Large slabs that were given back. They are freed later, because whoever gave one back may look at it until its turn ends. */
  #spent: Buffer[] = []

  constructor(budget: SharedBudget) {
    this.budget = budget
  }

  /** The bytes that are kept although no body needs them. */
  get bytesIdle(): number {
    const spent = this.#spent.reduce((sum, { length }) => sum + length, 0)
    return this.#classes.reduce((sum, { idle, bytes }) => sum + idle.length * bytes, spent)
  }

  /** A slab of at least `bytes` ≤ `largeBytesMin`, with the content of earlier bodies in it. Undefined when the budget, or the
   *  owner's part of it, is spent. */
  take(bytes: number, owner?: BodyOwner): Buffer | undefined {
    const sizeClass = this.#classFor(bytes)
    if (!this.budget.take(sizeClass.bytes, owner)) return undefined
    return takeIdle(sizeClass) ?? Buffer.allocUnsafeSlow(sizeClass.bytes)
  }

  /** Gives a slab back for the next body. `owner` is the one who took it. */
  give(slab: Buffer, owner?: BodyOwner): void {
    this.forget(slab, owner)
    const { idle, idleMax } = this.#classFor(slab.length)
    if (idle.length < idleMax) idle.push(slab)
    else freeBytes(slab)
  }

  /** Takes a slab that somebody may still read out of the budget. It is never used again. */
  forget(slab: Buffer, owner?: BodyOwner): void {
    this.budget.give(slab.length, owner)
  }

  /** Opens a slab of a large body. The system gives it memory as it is written to, and `charge` accounts for that. Undefined
   *  when the system refuses. */
  openLarge(bytes: number): Buffer | undefined {
    this.#freeSpent()
    try {
      return Buffer.allocUnsafeSlow(bytes)
    } catch {
      this.budget.lastSpent = 'all'
      return undefined
    }
  }

  /** Charges bytes of a large slab. False: the budget, or the owner's part of it, is spent. */
  charge(bytes: number, owner: BodyOwner | undefined): boolean {
    return this.budget.take(bytes, owner, 'large')
  }

  /** Gives a large slab back; `charged` is what was charged for it. */
  giveLarge(slab: Buffer, charged: number, owner: BodyOwner | undefined): void {
    this.forgetLarge(charged, owner)
    this.retire(slab)
  }

  /** Takes back a large slab whose bytes moved to another one. */
  retire(slab: Buffer): void {
    this.#spent.push(slab)
  }

  forgetLarge(charged: number, owner: BodyOwner | undefined): void {
    this.budget.give(charged, owner, 'large')
  }

  /** Frees the slabs that nobody needed since the last call. */
  trim(): void {
    this.#freeSpent()
    for (const sizeClass of this.#classes) {
      const { idle, idleMin } = sizeClass
      for (const slab of idle.splice(0, idleMin)) freeBytes(slab)
      sizeClass.idleMin = idle.length
    }
  }

  #freeSpent(): void {
    for (const slab of this.#spent) freeBytes(slab)
    this.#spent = []
  }

  #classFor(bytes: number): SizeClass {
    for (const sizeClass of this.#classes) if (bytes <= sizeClass.bytes) return sizeClass
    assert.fail('a large body was given a small slab')
  }
}

function takeIdle(sizeClass: SizeClass): Buffer | undefined {
  const { idle } = sizeClass
  const slab = idle.pop()
  if (idle.length < sizeClass.idleMin) sizeClass.idleMin = idle.length
  return slab
}
