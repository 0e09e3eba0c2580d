// Virtual time: a queue of events, run in the order of their times, then of their creation. Between two of them one
// turn of the real event loop passes, so that promises settle and code that yielded continues. Nothing real is waited
// for (no timer, no file, no socket), so one seed always runs in the same way.
import type { Timer } from '../../../shared/clock.ts'

interface Entry {
  atMs: number
  order: number
  run: (() => void) | undefined
  wakesNobody: boolean
}

export class Timeline {
  #nowMs = 0
  #made = 0
  readonly #heap: Entry[] = []
  #isHalted = false
  #steps = 0

  get nowMs(): number {
    return this.#nowMs
  }

  get steps(): number {
    return this.#steps
  }

  after(ms: number, run: () => void): Timer {
    return this.#add({ atMs: this.#nowMs + Math.max(0, ms), order: this.#made++, run, wakesNobody: false })
  }

  /** Schedules an event outside of all nodes. It settles no promise of a node, so no turn is needed after it. */
  afterOutside(ms: number, run: () => void): Timer {
    return this.#add({ atMs: this.#nowMs + Math.max(0, ms), order: this.#made++, run, wakesNobody: true })
  }

  #add(entry: Entry): Timer {
    this.#push(entry)
    return {
      cancel: () => {
        entry.run = undefined
      },
    }
  }

  /** Stops the timeline: no event runs any more. */
  halt(): void {
    this.#isHalted = true
  }

  async runUntil(endMs: number): Promise<void> {
    for (let next = this.#heap[0]; next !== undefined && next.atMs <= endMs; next = this.#heap[0]) {
      if (this.#isHalted) return
      this.#pop()
      if (next.run === undefined) continue
      this.#nowMs = next.atMs
      this.#steps++
      next.run()
      if (!next.wakesNobody) await nextTurn()
    }
    this.#nowMs = endMs
  }

  #push(entry: Entry): void {
    const heap = this.#heap
    let at = heap.push(entry) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (isBefore(heap[parent]!, entry)) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = entry
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()!
    if (heap.length === 0) return
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++
      if (isBefore(last, heap[child]!)) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = last
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resume) => setImmediate(resume))
}

function isBefore(one: Entry, other: Entry): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order)
}
