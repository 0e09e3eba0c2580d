// Who relays what. Nodes stand in rows by their names, and buckets belong to shards by their keys. In each row one node is the home
// of each shard (rendezvous hashing); of the homes of a shard, one is the root of each of its buckets. A node tells the home in its
// row, a home tells the root. So a node has about twice the square root of all nodes to talk to.
//
// Nodes that see different nodes may see different homes. No circle comes of it: the way to the root goes from other rows into the
// row of the root, and within a row to nodes of higher weight alone.
import { weight } from '../bucket-owner.ts'

/** Names the rows among all that is hashed. */
const rowSeed = 0x5bd1_e995

export class RelayTopology {
  rows = 1
  /** The row of this node. */
  row = 0
  rowMates: readonly string[] = []
  /** Homes, in other rows, of the shards of which this node is a home. */
  columnMates: readonly string[] = []
  readonly #self: string
  /** The homes of row 0, then of row 1, and so on. */
  #homes: (string | undefined)[] = []
  /** The nodes of each row. */
  #sizes: number[] = []

  constructor(self: string) {
    this.#self = self
  }

  /** Puts nodes in their places. `names`: all that may be there, without this one. */
  arrange(names: Iterable<string>, rows: number): void {
    const all: string[][] = Array.from({ length: rows }, () => [])
    for (const name of [this.#self, ...names]) all[rowOf(name, rows)]?.push(name)
    this.rows = rows
    this.row = rowOf(this.#self, rows)
    this.#sizes = all.map(({ length }) => length)
    this.#homes = all.flatMap((row) => Array.from({ length: rows }, (_, shard) => heaviest(row, shard)))
    this.rowMates = (all[this.row] ?? []).filter((name) => name !== this.#self)
    this.columnMates = this.#columnMates()
  }

  sizeOf(row: number): number {
    return this.#sizes[row] ?? 0
  }

  /** The node that this one tells about a bucket; undefined where this one is the root. */
  parentOf(key: number): string | undefined {
    const home = this.#homeOf(this.row, key)
    if (home !== this.#self) return home
    const root = this.rootOf(key)
    return root === this.#self ? undefined : root
  }

  rootOf(key: number): string {
    const first = Math.floor(key / this.rows) % this.rows
    for (let passed = 0; passed < this.rows; passed++) {
      const home = this.#homeOf((first + passed) % this.rows, key)
      if (home !== undefined) return home
    }
    return this.#self
  }

  #homeOf(row: number, key: number): string | undefined {
    return this.#homes[row * this.rows + (key % this.rows)]
  }

  #columnMates(): string[] {
    const found = new Set<string>()
    for (let shard = 0; shard < this.rows; shard++) {
      if (this.#homeOf(this.row, shard) !== this.#self) continue
      for (let row = 0; row < this.rows; row++) {
        const home = this.#homeOf(row, shard)
        if (home !== undefined && row !== this.row) found.add(home)
      }
    }
    return [...found]
  }
}

export function rowOf(name: string, rows: number): number {
  return weight(rowSeed, name) % rows
}

/** About the square root of the number of nodes, as a power of two, so that it changes seldom; it goes down later than up. */
export function rowsFor(count: number, before: number): number {
  let rows = 4
  while (rows * rows * 2 < count) rows *= 2
  return rows * 2 === before && count * 1.25 > rows * rows * 2 ? before : rows
}

function heaviest(names: readonly string[], shard: number): string | undefined {
  let [found, highest] = [undefined as string | undefined, -1]
  for (const name of names) {
    const own = weight(shard, name)
    if (own < highest || (own === highest && found !== undefined && name > found)) continue
    found = name
    highest = own
  }
  return found
}
