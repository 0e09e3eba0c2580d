// A budget of memory that callers share. What is large leaves a reserve to what is small, and the large things of one key or
// team have a part of the budget: nobody can take it all.
import assert from 'node:assert/strict'
import type { BodyOwner, MemoryUse } from './http.ts'

/** Takings of more bytes are large. */
export const largeBytesMin = 1 << 20

/** Whose part of the budget is spent. */
type Spent = keyof Shares

/** The parts of a budget that large takings may have: of all callers, of one team, of one key. */
export type Shares = Readonly<Record<'all' | 'team' | 'key', number>>

/** For bodies as they come. */
const bodyShares: Shares = { all: 7 / 8, team: 1 / 2, key: 1 / 4 }
/** For what is made of bodies, which is several times their size. */
export const parsedShares: Shares = { all: 7 / 8, team: 3 / 4, key: 1 / 2 }

export class SharedBudget implements MemoryUse {
  readonly bytesMax: number
  readonly #shares: Shares
  /** The number of takings that were refused, by the part that was spent. */
  readonly refusals: Record<Spent, number> = { all: 0, team: 0, key: 0 }
  largeTakings = 0
  #bytes = 0
  #largeBytes = 0
  /** The bytes of large takings by key and by team. */
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

  /** Takes bytes of something small. False: the budget is spent. */
  take(bytes: number): boolean {
    if (this.#bytes + bytes > this.bytesMax) {
      this.refusals.all++
      return false
    }
    this.#bytes += bytes
    return true
  }

  give(bytes: number): void {
    this.#bytes -= bytes
    assert(this.#bytes >= 0, 'more was given back than was taken')
  }

  /** Takes bytes of something large. False: the budget, or the owner's part of it, is spent. */
  takeLarge(bytes: number, owner: BodyOwner | undefined): boolean {
    const spent = this.#spentFor(bytes, owner)
    if (spent !== undefined) {
      this.refusals[spent]++
      return false
    }
    this.#bytes += bytes
    this.largeTakings++
    this.#addLarge(bytes, owner)
    return true
  }

  giveLarge(bytes: number, owner: BodyOwner | undefined): void {
    this.give(bytes)
    this.#addLarge(-bytes, owner)
  }

  #spentFor(bytes: number, owner: BodyOwner | undefined): Spent | undefined {
    const { keyId, team } = owner ?? nobody
    const { bytesMax } = this
    const shares = this.#shares
    if ((this.#ofKey.get(keyId) ?? 0) + bytes > shares.key * bytesMax) return 'key'
    if ((this.#ofTeam.get(team) ?? 0) + bytes > shares.team * bytesMax) return 'team'
    if (this.#largeBytes + bytes > shares.all * bytesMax || this.#bytes + bytes > bytesMax) return 'all'
    return undefined
  }

  #addLarge(bytes: number, owner: BodyOwner | undefined): void {
    const { keyId, team } = owner ?? nobody
    this.#largeBytes += bytes
    addTo(this.#ofKey, keyId, bytes)
    addTo(this.#ofTeam, team, bytes)
  }
}

/** The owner of what came before its owner was known. */
const nobody: BodyOwner = { keyId: '', team: '' }

function addTo(sums: Map<string, number>, name: string, bytes: number): void {
  const sum = (sums.get(name) ?? 0) + bytes
  if (sum === 0) sums.delete(name)
  else sums.set(name, sum)
}
