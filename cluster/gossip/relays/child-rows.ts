// What a node knows of the nodes that tell it about a bucket: a row for each of them and each bucket, in columns.
import { at64, atCount } from '../bucket-slots.ts'

const firstRows = 256
export const noRow = -1

export class ChildRows {
  readonly #max: number
  count = 0
  /** The number of rows that were ever used. */
  end = 0
  /** The index of the link to the child, plus 1; 0: the row is free. */
  link = new Uint32Array(firstRows)
  slot = new Uint32Array(firstRows)
  /** What the child has spent and what it was granted, in all. */
  used = new Float64Array(firstRows)
  granted = new Float64Array(firstRows)
  /** What it and those behind it have spent of a window, whoever granted it. */
  all = new Float64Array(firstRows)
  demand = new Float32Array(firstRows)
  wants = new Float64Array(firstRows)
  rest = new Float32Array(firstRows)
  /** The frame in which it was last told. */
  toldIn = new Uint32Array(firstRows)
  next = new Uint32Array(firstRows)
  /** 1: the child came from another parent, and says so until it is answered. */
  hasCome = new Uint8Array(firstRows)
  readonly #free: number[] = []

  constructor(max: number) {
    this.#max = max
  }

  get isFull(): boolean {
    return this.count >= this.#max
  }

  /** A new row before those of `first`. */
  add(slot: number, link: number, first: Uint32Array): number {
    const row = this.#free.pop() ?? this.end++
    if (row >= this.link.length) this.#grow()
    this.link[row] = link + 1
    this.slot[row] = slot
    this.next[row] = atCount(first, slot)
    first[slot] = row + 1
    this.count++
    return row
  }

  find(slot: number, link: number, first: Uint32Array): number {
    for (let row = atCount(first, slot) - 1; row !== noRow; row = atCount(this.next, row) - 1)
      if (atCount(this.link, row) === link + 1) return row
    return noRow
  }

  remove(row: number, first: Uint32Array): void {
    const slot = atCount(this.slot, row)
    const { used, granted, all, demand, wants, rest, toldIn, link, next, hasCome } = this
    if (atCount(first, slot) === row + 1) first[slot] = atCount(next, row)
    else {
      let before = atCount(first, slot) - 1
      while (atCount(next, before) !== row + 1) before = atCount(next, before) - 1
      next[before] = atCount(next, row)
    }
    for (const column of [used, granted, all, demand, wants, rest, toldIn, link, next, hasCome]) column[row] = 0
    this.#free.push(row)
    this.count--
  }

  heldBy(row: number): number {
    return at64(this.granted, row) - at64(this.used, row)
  }

  #grow(): void {
    const size = this.link.length * 2
    for (const name of ['used', 'granted', 'all', 'wants'] as const) {
      const larger = new Float64Array(size)
      larger.set(this[name])
      this[name] = larger
    }
    for (const name of ['link', 'slot', 'toldIn', 'next'] as const) {
      const larger = new Uint32Array(size)
      larger.set(this[name])
      this[name] = larger
    }
    const hasCome = new Uint8Array(size)
    hasCome.set(this.hasCome)
    this.hasCome = hasCome
    for (const name of ['demand', 'rest'] as const) {
      const larger = new Float32Array(size)
      larger.set(this[name])
      this[name] = larger
    }
  }
}
