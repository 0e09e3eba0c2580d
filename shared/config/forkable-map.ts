// A map of names that can be forked at once, whatever it holds: both sides share everything until one of them changes it.
// A configuration of a hundred thousand keys is folded on and swapped at every change, while requests and snapshots still
// read the one before; copying a plain map for that took longer than any request may wait. For the same reason two maps
// that came from one another are compared by looking only at what they do not share.
//
// Names lie in a tree by the bits of their hash, the highest first: two levels of it hold a quarter of a million. A leaf is a
// short list; one that grows too long becomes a branch. Whoever changes a node that is shared copies it first, and nothing else.
//
// While nobody forks it, a plain map is changed three times as fast: a long history is folded into a loose one, and that is
// settled before it is served.

type Entry<Value> = [name: string, value: Value]

interface Leaf<Value> {
  readonly owner: object
  /** The hash of each entry, in the same order: numbers are compared faster than names. */
  readonly hashes: number[]
  readonly entries: Entry<Value>[]
  readonly children: undefined
}

interface Branch<Value> {
  readonly owner: object
  readonly hashes: undefined
  readonly entries: undefined
  readonly children: Node<Value>[]
}

type Node<Value> = Leaf<Value> | Branch<Value>

/** An entry that differs; a side without it is undefined. */
export interface Difference<Value> {
  name: string
  before: Value | undefined
  after: Value | undefined
}

const bitsPerLevel = 6
const fanOut = 1 << bitsPerLevel
const levelsMax = Math.floor(32 / bitsPerLevel)
const leafEntriesMax = 64
const settledPerPiece = 4096

export class ForkableMap<Value> implements ReadonlyMap<string, Value> {
  /** Nodes with another owner are shared. Both sides of a fork get a new one. */
  #owner: object = {}
  #root: Node<Value> = leaf(this.#owner, [], [])
  #size = 0
  /** All there is, as long as it is loose. */
  #loose: Map<string, Value> | undefined

  /** A map that is filled and changed before anybody forks it. */
  static loose<Value>(): ForkableMap<Value> {
    const map = new ForkableMap<Value>()
    map.#loose = new Map()
    return map
  }

  /** Takes as long as what it holds: from here on it can be forked at once. */
  settle(): void {
    for (const _ of this.settling());
  }

  /** The same in pieces. It can be read between them, and not changed. */
  *settling(): Generator<undefined, undefined> {
    const held = this.#loose
    if (held === undefined) return
    let placed = 0
    for (const [name, value] of held) {
      this.#root = this.#put(this.#root, [name, value], hashOf(name), 0)
      if (++placed % settledPerPiece === 0) yield
    }
    this.#loose = undefined
  }

  get size(): number {
    return this.#loose?.size ?? this.#size
  }

  /** A map of its own with the same content. */
  fork(): ForkableMap<Value> {
    const fork = new ForkableMap<Value>()
    if (this.#loose !== undefined) {
      for (const [name, value] of this.#loose) fork.set(name, value)
      return fork
    }
    fork.#root = this.#root
    fork.#size = this.#size
    this.#owner = {}
    return fork
  }

  get(name: string): Value | undefined {
    return this.#loose === undefined ? this.#find(name)?.[1] : this.#loose.get(name)
  }

  has(name: string): boolean {
    return this.#loose === undefined ? this.#find(name) !== undefined : this.#loose.has(name)
  }

  set(name: string, value: Value): this {
    if (this.#loose === undefined) this.#root = this.#put(this.#root, [name, value], hashOf(name), 0)
    else this.#loose.set(name, value)
    return this
  }

  delete(name: string): boolean {
    if (this.#loose !== undefined) return this.#loose.delete(name)
    const before = this.#size
    this.#root = this.#remove(this.#root, name, hashOf(name), 0)
    return this.#size < before
  }

  /** The differences from `before`. The cost is that of the nodes that the two do not share. */
  differencesFrom(before: ForkableMap<Value>): Generator<Difference<Value>, undefined> {
    before.settle()
    this.settle()
    return differences(before.#root, this.#root, 0)
  }

  /** The entries by hash, then by name: equal content has one order, whatever the map went through. */
  *inOrder(): Generator<Entry<Value>, undefined> {
    this.settle()
    for (const { hashes, entries } of leavesOf(this.#root)) {
      const placed = entries.map((entry, at) => ({ entry, hash: hashes[at]! >>> 0 }))
      placed.sort((a, b) => a.hash - b.hash || (a.entry[0] < b.entry[0] ? -1 : 1))
      for (const { entry } of placed) yield entry
    }
  }

  *entries(): Generator<Entry<Value>, undefined> {
    if (this.#loose !== undefined) return yield* this.#loose.entries()
    for (const { entries } of leavesOf(this.#root)) yield* entries
  }

  *keys(): Generator<string, undefined> {
    for (const [name] of this) yield name
  }

  *values(): Generator<Value, undefined> {
    for (const [, value] of this) yield value
  }

  [Symbol.iterator](): Generator<Entry<Value>, undefined> {
    return this.entries()
  }

  forEach(visit: (value: Value, name: string, map: ReadonlyMap<string, Value>) => void): void {
    for (const [name, value] of this) visit(value, name, this)
  }

  #find(name: string): Entry<Value> | undefined {
    let node = this.#root
    const hash = hashOf(name)
    for (let level = 0; node.children !== undefined; level++) node = node.children[digitOf(hash, level)]!
    return node.entries[placeOf(node, name, hash)]
  }

  #put(node: Node<Value>, entry: Entry<Value>, hash: number, level: number): Node<Value> {
    const own = this.#own(node)
    if (own.children !== undefined) {
      const digit = digitOf(hash, level)
      own.children[digit] = this.#put(own.children[digit]!, entry, hash, level + 1)
      return own
    }
    const place = placeOf(own, entry[0], hash)
    if (place >= 0) {
      own.entries[place] = entry
      return own
    }
    own.entries.push(entry)
    own.hashes.push(hash)
    this.#size += 1
    return own.entries.length > leafEntriesMax && level < levelsMax ? this.#branch(own, level) : own
  }

  #remove(node: Node<Value>, name: string, hash: number, level: number): Node<Value> {
    const own = this.#own(node)
    if (own.children === undefined) {
      const place = placeOf(own, name, hash)
      if (place < 0) return own
      // The last one takes its place.
      const [entry, last] = [own.entries.pop()!, own.hashes.pop()!]
      if (place < own.entries.length) {
        own.entries[place] = entry
        own.hashes[place] = last
      }
      this.#size -= 1
    } else {
      const digit = digitOf(hash, level)
      own.children[digit] = this.#remove(own.children[digit]!, name, hash, level + 1)
    }
    return own
  }

  #own(node: Node<Value>): Node<Value> {
    if (node.owner === this.#owner) return node
    if (node.children === undefined) return leaf(this.#owner, node.hashes.slice(), node.entries.slice())
    return branch(this.#owner, node.children.slice())
  }

  #branch({ hashes, entries }: Leaf<Value>, level: number): Branch<Value> {
    const leaves = Array.from({ length: fanOut }, () => leaf<Value>(this.#owner, [], []))
    for (const [place, entry] of entries.entries()) {
      const into = leaves[digitOf(hashes[place]!, level)]!
      into.hashes.push(hashes[place]!)
      into.entries.push(entry)
    }
    return branch(this.#owner, leaves)
  }
}

function leaf<Value>(owner: object, hashes: number[], entries: Entry<Value>[]): Leaf<Value> {
  return { owner, hashes, entries, children: undefined }
}

function branch<Value>(owner: object, children: Node<Value>[]): Branch<Value> {
  return { owner, hashes: undefined, entries: undefined, children }
}

/** -1 when it is not there. */
function placeOf<Value>({ hashes, entries }: Leaf<Value>, name: string, hash: number): number {
  for (let place = 0; place < hashes.length; place++) {
    if (hashes[place] === hash && entries[place]![0] === name) return place
  }
  return -1
}

function* leavesOf<Value>(node: Node<Value>): Generator<Leaf<Value>, undefined> {
  if (node.children === undefined) yield node
  else for (const child of node.children) yield* leavesOf(child)
}

function* differences<Value>(
  before: Node<Value>,
  after: Node<Value>,
  level: number,
): Generator<Difference<Value>, undefined> {
  if (before === after) return
  if (before.children !== undefined && after.children !== undefined) {
    for (let digit = 0; digit < fanOut; digit++) {
      yield* differences(before.children[digit]!, after.children[digit]!, level + 1)
    }
    return
  }
  const [old, now] = [flat(before), flat(after)]
  for (const [name, value] of now) {
    const earlier = old.get(name)
    if (earlier !== value) yield { name, before: earlier, after: value }
  }
  for (const [name, value] of old) if (!now.has(name)) yield { name, before: value, after: undefined }
}

/** All entries below a node. Called where only one side has split: a few leaves, unless the maps share no ancestor. */
function flat<Value>(node: Node<Value>): ReadonlyMap<string, Value> {
  return new Map([...leavesOf(node)].flatMap(({ entries }) => entries))
}

function digitOf(hash: number, level: number): number {
  return (hash >>> (32 - bitsPerLevel * (level + 1))) & (fanOut - 1)
}

/** FNV-1a over the UTF-16 code units, then mixed, so that its high bits are worth as much as its low ones: 32 bits, signed. */
function hashOf(name: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}
