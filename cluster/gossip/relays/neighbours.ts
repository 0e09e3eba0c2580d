// The nodes with which a node relays: the links to them, who of them is silent, and which part of all nodes is heard through them.
import { RelayLink, silentAfter } from './relay-link.ts'
import { RelayTopology, rowOf, rowsFor } from './topology.ts'

/** What a node sends in bytes per millisecond; it is sent as much. */
export const sentRate = 24
/** What frames without anything to tell may take of it. */
const aliveRate = 8
const aliveBytes = 250
const aliveMsMin = 400
/** Nodes that come back have to tell what they have spent before what was kept for them is granted. */
const returnMs = 5_500
/** The time for which a node that does not answer is passed over. */
const missedMs = 30_000

export interface Heard {
  readonly name: string
  readonly alive: number
  readonly mates: number
  readonly nowMs: number
}

export class Neighbours {
  /** The nodes that share the buckets. */
  count = 1
  /** The part of them that is heard, and the part for which what nothing refills is granted. */
  part = 1
  windowPart = 1
  arrangedMs = 0
  /** By their indices. */
  readonly links: (RelayLink | undefined)[] = []
  readonly #topology: RelayTopology
  readonly #byName = new Map<string, RelayLink>()
  /** What the homes of other rows hear in them. */
  readonly #rows = new Map<number, { alive: number; atMs: number }>()
  /** A node is silent for now, or not there any more. */
  readonly #onSilence: (link: RelayLink, isGone: boolean) => void
  /** Nodes that do not answer, since when. */
  readonly #missed = new Map<string, number>()
  #names: () => readonly string[] = () => []
  #isStale = true
  #partRoseMs = 0

  constructor(self: string, onSilence: (link: RelayLink, isGone: boolean) => void) {
    this.#topology = new RelayTopology(self)
    this.#onSilence = onSilence
  }

  /** The nodes that there are, without this one, and how many there are with those that nobody has named. */
  setNodes(names: () => readonly string[], count: number): void {
    this.#names = names
    this.count = count
    this.#isStale = true
  }

  rootOf(key: number): string {
    return this.#topology.rootOf(key)
  }

  parentOf(key: number, nowMs: number): RelayLink | undefined {
    const name = this.#topology.parentOf(key)
    return name === undefined ? undefined : this.link(name, nowMs)
  }

  tick(nowMs: number): void {
    for (const link of this.#byName.values()) {
      if (link.isSilent || nowMs - link.heardMs <= link.silentMs) continue
      link.isSilent = true
      this.#isStale = true
      this.#onSilence(link, false)
    }
    for (const [name, sinceMs] of this.#missed) if (nowMs - sinceMs > missedMs) this.#found(name)
    this.#arrange(nowMs)
    this.#look(nowMs)
  }

  /** Answers of a node do not come, and it is not heard otherwise: the next one takes its place for a while. */
  miss(name: string, nowMs: number): void {
    const link = this.#byName.get(name)
    if (link !== undefined && nowMs - link.heardMs < 2 * this.aliveMs) return
    this.#missed.set(name, nowMs)
    this.#isStale = true
  }

  /** The link to a node, made when there is none. */
  link(name: string, nowMs: number): RelayLink {
    const known = this.#byName.get(name)
    if (known !== undefined) return known
    const free = this.links.indexOf(undefined)
    const link = new RelayLink(name, { index: free === -1 ? this.links.length : free, nowMs })
    link.setRate({ sentRate, mates: this.#byName.size + 1, aliveMs: this.aliveMs })
    this.links[link.index] = link
    this.#byName.set(name, link)
    return link
  }

  #found(name: string): void {
    this.#isStale = this.#missed.delete(name) || this.#isStale
  }

  hear(link: RelayLink, { name, alive, mates, nowMs }: Heard): void {
    if (this.#missed.size > 0) this.#found(name)
    link.heardMs = nowMs
    link.otherMates = mates
    if (link.isSilent) {
      link.isSilent = false
      this.#isStale = true
    }
    const row = rowOf(name, this.#topology.rows)
    if (row !== this.#topology.row) this.#rows.set(row, { alive, atMs: nowMs })
  }

  /** A node says goodbye, or starts anew. */
  forget(name: string): void {
    const link = this.#byName.get(name)
    if (link === undefined) return
    this.#drop(link)
    this.#isStale = true
  }

  /** The time between frames without anything to tell: the same on all nodes, so that all miss a node at about the same time. */
  get aliveMs(): number {
    return Math.max(aliveMsMin, (2 * Math.sqrt(this.count) * aliveBytes) / aliveRate)
  }

  get aliveInRow(): number {
    let alive = 1
    for (const name of this.#topology.rowMates) if (this.#byName.get(name)?.isSilent === false) alive++
    return alive
  }

  isInRow(link: RelayLink | undefined): boolean {
    return link !== undefined && rowOf(link.name, this.#topology.rows) === this.#topology.row
  }

  /** Whether two nodes are of one row, which is not this node's own. */
  areOfOneRow(link: RelayLink | undefined, other: RelayLink | undefined): boolean {
    if (link === undefined || other === undefined || link === other) return false
    const { rows, row } = this.#topology
    const otherRow = rowOf(other.name, rows)
    return otherRow !== row && rowOf(link.name, rows) === otherRow
  }

  #arrange(nowMs: number): void {
    if (!this.#isStale) return
    this.#isStale = false
    this.arrangedMs = nowMs
    const before = this.#topology.rows
    const names = this.#names().filter((name) => this.#byName.get(name)?.isSilent !== true && !this.#missed.has(name))
    this.#topology.arrange(names, rowsFor(this.count, before))
    if (this.#topology.rows !== before) this.#rows.clear()
    const { rowMates, columnMates, rows, row } = this.#topology
    const mates = new Set([...rowMates, ...columnMates])
    for (const name of mates) this.link(name, nowMs).setRate({ sentRate, mates: mates.size, aliveMs: this.aliveMs })
    // Silent ones are listened for.
    for (const [name, link] of this.#byName) if (!mates.has(name) && !link.isSilent) this.#drop(link)
    for (let other = 0; other < rows; other++) {
      if (other === row || this.#rows.has(other)) continue
      this.#rows.set(other, { alive: this.#topology.sizeOf(other), atMs: nowMs })
    }
  }

  #drop(link: RelayLink): void {
    this.#onSilence(link, true)
    this.#byName.delete(link.name)
    this.links[link.index] = undefined
  }

  /** Looks which part of the nodes this one hears, itself or through the homes of other rows. */
  #look(nowMs: number): void {
    let alive = this.aliveInRow
    const { rows, row } = this.#topology
    for (let other = 0; other < rows; other++) {
      const told = this.#rows.get(other)
      if (other !== row && told !== undefined && nowMs - told.atMs < silentAfter * this.aliveMs) alive += told.alive
    }
    this.part = Math.min(1, alive / this.count)
    if (this.part <= this.windowPart) this.#partRoseMs = nowMs
    if (this.part < this.windowPart || nowMs - this.#partRoseMs > returnMs) this.windowPart = this.part
  }
}
