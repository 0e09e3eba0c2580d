// Memory for request bodies: slabs of a few sizes that are used again, so that a body costs one copy and no garbage. All
// bodies together have a budget; beyond it requests are shed, because otherwise the system would kill the process. Large
// bodies leave a reserve to small ones, and those of one key or team have a part of the budget: nobody can take it all.
import assert from 'node:assert/strict'
import type { BodyOwner } from './http.ts'

/** Size in bytes, and how many idle slabs of it are kept at most. */
const sizes = [
  { bytes: 4 << 10, idleMax: 256 },
  { bytes: 16 << 10, idleMax: 128 },
  { bytes: 64 << 10, idleMax: 64 },
  { bytes: 256 << 10, idleMax: 32 },
  { bytes: 1 << 20, idleMax: 8 },
] as const

const largeBytesMin = 1 << 20
/** The parts of the budget that large bodies may have: of all callers, of one team, of one key. */
const shares = { all: 7 / 8, team: 1 / 2, key: 1 / 4 } as const

interface SizeClass {
  readonly bytes: number
  readonly idleMax: number
  readonly idle: Buffer[]
  /** The fewest idle slabs since the last trim: nobody needed these. */
  idleMin: number
}

export class SlabPool {
  readonly #bytesMax: number
  readonly #classes: readonly SizeClass[] = sizes.map((size) => ({ ...size, idle: [], idleMin: 0 }))
  #bytesInFlight = 0
  #largeBytes = 0
  /** The bytes of large bodies by key and by team. */
  readonly #ofKey = new Map<string, number>()
  readonly #ofTeam = new Map<string, number>()

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get bytesInFlight(): number {
    return this.#bytesInFlight
  }

  get bytesIdle(): number {
    return this.#classes.reduce((sum, { idle, bytes }) => sum + idle.length * bytes, 0)
  }

  /** A slab of at least `bytes`, with the content of earlier bodies in it. Undefined when the budget, or the owner's part of it,
   *  is spent. */
  take(bytes: number, owner?: BodyOwner): Buffer | undefined {
    const sizeClass = this.#classFor(bytes)
    const size = sizeClass === undefined ? bytes : sizeClass.bytes
    if (this.#bytesInFlight + size > this.#bytesMax) return undefined
    if (size > largeBytesMin && !this.#chargeLarge(size, owner)) return undefined
    this.#bytesInFlight += size
    return (sizeClass === undefined ? undefined : takeIdle(sizeClass)) ?? Buffer.allocUnsafeSlow(size)
  }

  /** Gives a slab back for the next body. `owner` is the one who took it. */
  give(slab: Buffer, owner?: BodyOwner): void {
    this.forget(slab, owner)
    const sizeClass = this.#classFor(slab.length)
    if (sizeClass !== undefined && sizeClass.idle.length < sizeClass.idleMax) sizeClass.idle.push(slab)
  }

  /** Takes a slab that somebody may still read out of the budget. It is never used again. */
  forget(slab: Buffer, owner?: BodyOwner): void {
    this.#bytesInFlight -= slab.length
    assert(this.#bytesInFlight >= 0, 'a slab was given back twice')
    if (slab.length > largeBytesMin) this.#addLarge(-slab.length, owner)
  }

  #chargeLarge(bytes: number, owner: BodyOwner | undefined): boolean {
    const { keyId = '', team = '' } = owner ?? {}
    const fits =
      this.#largeBytes + bytes <= shares.all * this.#bytesMax &&
      (this.#ofTeam.get(team) ?? 0) + bytes <= shares.team * this.#bytesMax &&
      (this.#ofKey.get(keyId) ?? 0) + bytes <= shares.key * this.#bytesMax
    if (fits) this.#addLarge(bytes, owner)
    return fits
  }

  #addLarge(bytes: number, owner: BodyOwner | undefined): void {
    const { keyId = '', team = '' } = owner ?? {}
    this.#largeBytes += bytes
    addTo(this.#ofKey, keyId, bytes)
    addTo(this.#ofTeam, team, bytes)
  }

  /** Frees the slabs that nobody needed since the last call. */
  trim(): void {
    for (const sizeClass of this.#classes) {
      const { idle, idleMin } = sizeClass
      idle.length -= Math.min(idleMin, idle.length)
      sizeClass.idleMin = idle.length
    }
  }

  #classFor(bytes: number): SizeClass | undefined {
    for (const sizeClass of this.#classes) if (bytes <= sizeClass.bytes) return sizeClass
    return undefined
  }
}

function addTo(sums: Map<string, number>, name: string, bytes: number): void {
  const sum = (sums.get(name) ?? 0) + bytes
  if (sum === 0) sums.delete(name)
  else sums.set(name, sum)
}

function takeIdle(sizeClass: SizeClass): Buffer | undefined {
  const { idle } = sizeClass
  const slab = idle.pop()
  if (idle.length < sizeClass.idleMin) sizeClass.idleMin = idle.length
  return slab
}
