// Tracks which records of one boot of one sender are here. They come in batches with fixed bounds, at least once, late
// or out of order. Everything up to the highest sequence is here, except for a short list of holes. A hole that the
// sender can no longer fill is `gone`: nobody waits for it, but it is filled if its records do come.

export interface Hole {
  first: number
  last: number
  isGone: boolean
  /** The time of the batch that revealed the hole: missing records are older. */
  atMs: number
}

export interface Extent {
  firstSequence: number
  count: number
  /** The sender holds nothing between this sequence and the first: it was stored, or it is lost. */
  previous: number
  atMs: number
}

export interface Taking {
  /** The number of records at the start that were here before; `count` when none is new. */
  skip: number
  /** Holes that were given up with this batch. */
  gone: Hole[]
}

/** A sender that delivers in order and repeats unconfirmed batches leaves fewer holes. */
const holesMax = 64

export class Sequences {
  #last: number
  #holes: Hole[]

  constructor(last = 0, holes: readonly Hole[] = []) {
    this.#last = last
    this.#holes = holes.map((hole) => ({ ...hole }))
  }

  /** Everything up to this sequence is here or will never come. */
  get through(): number {
    const awaited = this.#holes.find(({ isGone }) => !isGone)
    return awaited === undefined ? this.#last : awaited.first - 1
  }

  get last(): number {
    return this.#last
  }

  get holes(): readonly Readonly<Hole>[] {
    return this.#holes
  }

  get isAwaiting(): boolean {
    return this.#holes.some(({ isGone }) => !isGone)
  }

  take({ firstSequence: first, count, previous, atMs }: Extent): Taking {
    const last = first + count - 1
    if (first > this.#last + 1) this.#holes.push({ first: this.#last + 1, last: first - 1, isGone: false, atMs })
    const gone = [...this.#giveUp(previous + 1, first - 1), ...this.#forgetSurplus()]
    const skip = this.#held(first, last) - first + 1
    this.#fill(first + skip, last)
    this.#last = Math.max(this.#last, last)
    return { skip, gone }
  }

  /** The highest sequence from `first` to `last` that is here; `first - 1` when none is. */
  #held(first: number, last: number): number {
    let held = Math.min(last, this.#last)
    for (const hole of this.#holes.toReversed()) {
      if (held >= hole.first && held <= hole.last) held = hole.first - 1
    }
    return Math.max(held, first - 1)
  }

  #giveUp(first: number, last: number): Hole[] {
    const gone: Hole[] = []
    const holes = this.#holes.flatMap((hole) => {
      if (hole.isGone) return [hole]
      const { inside, outside } = cut(hole, first, last)
      if (inside !== undefined) gone.push({ ...inside, isGone: true })
      return [...outside, ...(inside === undefined ? [] : [{ ...inside, isGone: true }])]
    })
    if (gone.length > 0) this.#holes = holes.sort(byFirst)
    return gone
  }

  #fill(first: number, last: number): void {
    if (this.#holes.length === 0 || first > last) return
    this.#holes = this.#holes.flatMap((hole) => cut(hole, first, last).outside)
  }

  /** Forgets the oldest hole that is gone, or else the oldest of all, which is reported as given up. */
  #forgetSurplus(): Hole[] {
    const gone: Hole[] = []
    while (this.#holes.length > holesMax) {
      const index = Math.max(
        0,
        this.#holes.findIndex(({ isGone }) => isGone),
      )
      const [hole] = this.#holes.splice(index, 1)
      if (hole !== undefined && !hole.isGone) gone.push({ ...hole, isGone: true })
    }
    return gone
  }
}

function cut(hole: Hole, first: number, last: number): { inside: Hole | undefined; outside: Hole[] } {
  if (last < hole.first || first > hole.last || first > last) return { inside: undefined, outside: [hole] }
  const inside = { ...hole, first: Math.max(first, hole.first), last: Math.min(last, hole.last) }
  const before = { ...hole, last: inside.first - 1 }
  const after = { ...hole, first: inside.last + 1 }
  return { inside, outside: [before, after].filter((rest) => rest.first <= rest.last) }
}

function byFirst(a: Hole, b: Hole): number {
  return a.first - b.first
}
