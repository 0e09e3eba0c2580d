// A budget of memory that callers share. The takings of one key or team have a part of it, and large ones leave a reserve to
// the others: nobody can take it all. Small takings, which nearly all requests make, are not told apart by owner: so many
// connections as they would need are bounded elsewhere.
import assert from 'node:assert/strict'
import type { BodyOwner, MemoryUse } from './http.ts'

const smallBytesMax = 16 << 10
/** Takings of more bytes are large. */
export const largeBytesMin = 1 << 20

export type TakingSize = 'small' | 'medium' | 'large'

export function takingSize(bytes: number): TakingSize {
  if (bytes <= smallBytesMax) return 'small'
  return bytes <= largeBytesMin ? 'medium' : 'large'
}

/** The parts of a budget: of all large takings, of those of one team, of those of one key. */
export type Shares = Readonly<Record<'all' | 'team' | 'key', number>>

/** Whose part of the budget is spent. */
export type Spent = keyof Shares

/** For bodies as they come. */
const bodyShares: Shares = { all: 7 / 8, team: 1 / 2, key: 1 / 4 }
/** For what is made of bodies, which is several times their size. */
export const parsedShares: Shares = { all: 7 / 8, team: 3 / 4, key: 1 / 2 }

export class SharedBudget implements MemoryUse {
  readonly bytesMax: number
  readonly #shares: Shares
  /** The number of takings that were refused, by the part that was spent. */
  readonly refusals: Record<Spent, number> = { all: 0, team: 0, key: 0 }
  /** The part that the last refused taking lacked. */
  lastSpent: Spent = 'all'
  largeTakings = 0
  #bytes = 0
  #largeBytes = 0
  /** The bytes of takings that are not small, by key and by team. */
  readonly #ofKey = new Map<string, number>()
  readonly #ofTeam = new Map<string, number>()

  constructor(bytesMax: number, shares = bodyShares) {
    this.bytesMax = bytesMax
    this.#shares = shares
  }

  get bytes(): number {
    return this.#bytes
  }

  /** The largest thing that a key could have room for, in whole MiB. */
  get largestBytes(): number {
    return Math.max(largeBytesMin, Math.floor((this.bytesMax * this.#shares.key) / largeBytesMin) * largeBytesMin)
  }

  /** False: the budget, or the owner's part of it, is spent. `size` is that of the whole thing, of which `bytes` may be a part. */
  take(bytes: number, owner: BodyOwner | undefined, size = takingSize(bytes)): boolean {
    const spent = this.#spentFor(bytes, owner, size)
    if (spent !== undefined) {
      this.refusals[spent]++
      this.lastSpent = spent
      return false
    }
    if (size === 'large') this.largeTakings++
    this.#add(bytes, owner, size)
    return true
  }

  give(bytes: number, owner: BodyOwner | undefined, size = takingSize(bytes)): void {
    this.#add(-bytes, owner, size)
    assert(this.#bytes >= 0, 'more was given back than was taken')
  }

  #spentFor(bytes: number, owner: BodyOwner | undefined, size: TakingSize): Spent | undefined {
    const { bytesMax } = this
    if (size !== 'small') {
      const { keyId, team } = owner ?? nobody
      if ((this.#ofKey.get(keyId) ?? 0) + bytes > this.#shares.key * bytesMax) return 'key'
      if ((this.#ofTeam.get(team) ?? 0) + bytes > this.#shares.team * bytesMax) return 'team'
      if (size === 'large' && this.#largeBytes + bytes > this.#shares.all * bytesMax) return 'all'
    }
    return this.#bytes + bytes > bytesMax ? 'all' : undefined
  }

  #add(bytes: number, owner: BodyOwner | undefined, size: TakingSize): void {
    this.#bytes += bytes
    if (size === 'small') return
    const { keyId, team } = owner ?? nobody
    addTo(this.#ofKey, keyId, bytes)
    addTo(this.#ofTeam, team, bytes)
    if (size === 'large') this.#largeBytes += bytes
  }
}

/** The owner of what came before its owner was known. */
const nobody: BodyOwner = { keyId: '', team: '' }

function addTo(sums: Map<string, number>, name: string, bytes: number): void {
  const sum = (sums.get(name) ?? 0) + bytes
  if (sum === 0) sums.delete(name)
  else sums.set(name, sum)
}
