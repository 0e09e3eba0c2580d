// Which bucket stands in which slot of the columns, and under which rule. With too many buckets, the fullest of a few is forgotten.
import { BucketColumns } from './bucket-columns.ts'
import type { BucketRule } from './bucket-rule.ts'

/** The candidates of which the fullest is forgotten when there are too many buckets. */
const candidates = 8

export class BucketSlots {
  readonly columns = new BucketColumns()
  /** The number of slots that were ever used. */
  end = 0
  /** Called before a bucket is forgotten. */
  onForget: ((slot: number) => void) | undefined
  onFull: (() => void) | undefined
  readonly #max: number
  readonly #slots = new Map<number, number>()
  readonly #rules: (BucketRule | undefined)[] = []
  readonly #free: number[] = []
  #hand = 0

  constructor(max: number) {
    this.#max = max
  }

  get count(): number {
    return this.#slots.size
  }

  /** Whether a bucket is in a slot. */
  isAt(key: number, slot: number): boolean {
    return slot >= 0 && key !== 0 && this.columns.key[slot] === key
  }

  find(key: number): number | undefined {
    return this.#slots.get(key)
  }

  /** The rule of a bucket; undefined while only other nodes have told of it. */
  ruleAt(slot: number): BucketRule | undefined {
    return this.#rules[slot]
  }

  setRule(slot: number, rule: BucketRule): void {
    this.#rules[slot] = rule
  }

  all(): Iterable<number> {
    return this.#slots.values()
  }

  add(key: number): number {
    if (this.#slots.size >= this.#max) {
      this.onFull?.()
      this.#forgetFullest()
    }
    const slot = this.#free.pop() ?? this.end++
    if (slot >= this.columns.size) this.columns.grow()
    this.columns.key[slot] = key
    this.#slots.set(key, slot)
    return slot
  }

  /** Whoever the fullest bucket counted for gains least. */
  #forgetFullest(): void {
    let fullest = -1
    for (let looked = 0; looked < candidates; looked++) {
      this.#hand = (this.#hand + 1) % this.end
      if (fullest === -1 || this.#fullness(this.#hand) > this.#fullness(fullest)) fullest = this.#hand
    }
    this.#forget(fullest)
  }

  #fullness(slot: number): number {
    const rule = this.#rules[slot]
    return rule === undefined ? 0 : at64(this.columns.balance, slot) / rule.capacity
  }

  #forget(slot: number): void {
    this.onForget?.(slot)
    this.#slots.delete(at64(this.columns.key, slot))
    this.columns.generation[slot] = atCount(this.columns.generation, slot) + 1
    this.columns.clear(slot)
    this.#rules[slot] = undefined
    this.#free.push(slot)
  }
}

// Values of columns, a function for each type of them: one for all would look at the type of each column that it reads.

export function at64(column: Float64Array, slot: number): number {
  return column[slot] ?? 0
}

export function at32(column: Float32Array, slot: number): number {
  return column[slot] ?? 0
}

export function atCount(column: Uint32Array, slot: number): number {
  return column[slot] ?? 0
}

export function atFlags(column: Uint8Array, slot: number): number {
  return column[slot] ?? 0
}
