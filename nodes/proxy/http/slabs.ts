// Memory for request bodies: slabs of a few sizes, used again and again, so that a body costs one copy and no garbage.
// All bodies together have a budget; beyond it requests are shed instead of the process being killed.
import assert from 'node:assert/strict'

// Idle slabs are kept only as long as they are used: what a whole interval never needed is given back.
const classes = [
  { bytes: 4 << 10, idleMax: 256 },
  { bytes: 16 << 10, idleMax: 128 },
  { bytes: 64 << 10, idleMax: 64 },
  { bytes: 256 << 10, idleMax: 32 },
  { bytes: 1 << 20, idleMax: 8 },
] as const

export class SlabPool {
  readonly #bytesMax: number
  readonly #idle: Buffer[][] = classes.map(() => [])
  /** The fewest idle slabs of a class since the last trim. */
  readonly #leastIdle: number[] = classes.map(() => 0)
  #bytesInFlight = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get bytesInFlight(): number {
    return this.#bytesInFlight
  }

  get bytesIdle(): number {
    return this.#idle.reduce((sum, slabs, index) => sum + slabs.length * classes[index]!.bytes, 0)
  }

  /** A slab of at least `bytes`; undefined when the budget is spent. What it holds is left over from earlier bodies. */
  take(bytes: number): Buffer | undefined {
    const index = classIndex(bytes)
    const size = index === -1 ? bytes : classes[index]!.bytes
    if (this.#bytesInFlight + size > this.#bytesMax) return undefined
    this.#bytesInFlight += size
    if (index === -1) return Buffer.allocUnsafeSlow(size)
    const idle = this.#idle[index]!
    const slab = idle.pop()
    if (idle.length < this.#leastIdle[index]!) this.#leastIdle[index] = idle.length
    return slab ?? Buffer.allocUnsafeSlow(size)
  }

  /** Gives a slab back for the next body. */
  give(slab: Buffer): void {
    this.forget(slab)
    const index = classIndex(slab.length)
    if (index === -1) return
    const idle = this.#idle[index]!
    if (idle.length < classes[index]!.idleMax) idle.push(slab)
  }

  /** For a slab that somebody may still read: it leaves the budget and is never used again. */
  forget(slab: Buffer): void {
    this.#bytesInFlight -= slab.length
    assert(this.#bytesInFlight >= 0, 'a slab was given back twice')
  }

  /** Called now and then: frees the slabs that nobody needed since the last call. */
  trim(): void {
    for (const [index, idle] of this.#idle.entries()) {
      idle.length -= Math.min(this.#leastIdle[index]!, idle.length)
      this.#leastIdle[index] = idle.length
    }
  }
}

function classIndex(bytes: number): number {
  for (let i = 0; i < classes.length; i++) if (bytes <= classes[i]!.bytes) return i
  return -1
}
