import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Lease, type LeaseStep, leaseTimes } from './lease.ts'
import type { LeaseRecord } from './lease-store.ts'

const wallMs = 1_700_000_000_000
const givenBack: LeaseRecord = { owner: '', epoch: 1, beat: 1, sequence: 1 }

describe('a candidate', () => {
  test('takes what nobody holds, and renews it each second', () => {
    const alone = new Candidate('a', new Register(givenBack))
    alone.lease.wish('hold')
    expect(alone.run(0)).toEqual(['read', 'write'])
    expect(alone.run(900)).toEqual([])
    expect(alone.run(1_000)).toEqual(['write'])
    expect(alone.lease.holds(3_999)).toBe(1_700_000_000)
    expect(alone.lease.holds(4_000)).toBeUndefined()
  })

  test('what was never held, or was lost with its store, is taken after the whole patience too', () => {
    const alone = new Candidate('a', new Register(undefined))
    alone.lease.wish('hold')
    for (let ms = 0; ms < 3_500; ms += 100) alone.run(ms)
    expect(alone.lease.holds(3_499)).toBeUndefined()
    alone.run(3_600)
    expect(alone.lease.holds(3_600)).toBe(1_700_000_000)
  })

  test('waits until it has looked at the same write for its whole patience, with a higher epoch', () => {
    const store = new Register(givenBack)
    const first = new Candidate('a', store)
    const second = new Candidate('b', store)
    first.lease.wish('hold')
    first.run(0)
    second.lease.wish('watch')
    second.run(100)
    second.lease.wish('hold')
    for (let ms = 500; ms < 3_600; ms += 100) second.run(ms)
    expect(second.lease.holds(3_599)).toBeUndefined()
    second.run(3_700)
    expect(second.lease.holds(3_700)).toBe(1_700_000_001)
  })

  test('gives back what it no longer wants, and the next one need not wait', () => {
    const store = new Register(givenBack)
    const first = new Candidate('a', store)
    const second = new Candidate('b', store)
    first.lease.wish('hold')
    first.run(0)
    first.lease.wish('ignore')
    first.run(200)
    expect(first.lease.holds(200)).toBeUndefined()
    second.lease.wish('hold')
    second.run(300)
    expect(second.lease.holds(300)).toBe(1_700_000_001)
  })

  test('an epoch that was heard of is never used again, though the store has forgotten it', () => {
    const candidate = new Candidate('a')
    candidate.lease.hear(2_000_000_000)
    candidate.lease.wish('hold')
    candidate.run(0)
    expect(candidate.lease.holds(0)).toBe(2_000_000_001)
  })

  test('a write without an answer that was stored after all counts from when it was sent', () => {
    const candidate = new Candidate('a')
    candidate.lease.wish('hold')
    candidate.run(0)
    const renewal = candidate.lease.next(1_000, wallMs)
    candidate.store.apply(renewal as LeaseStep & { type: 'write' })
    candidate.lease.onWritten({ type: 'unknown' }, 2_500)
    candidate.run(2_900)
    expect(candidate.lease.holds(3_999)).toBeDefined()
  })

  test('believes from when it sent its write, however late the answer', () => {
    const candidate = new Candidate('a')
    candidate.lease.wish('hold')
    candidate.lease.next(0, wallMs)
    candidate.lease.onRead(candidate.store.record, 0)
    const write = candidate.lease.next(10, wallMs) as LeaseStep & { type: 'write' }
    candidate.lease.onWritten({ type: 'stored', sequence: candidate.store.apply(write)! }, 1_900)
    expect([candidate.lease.holds(3_009), candidate.lease.holds(3_010)]).toEqual([1_700_000_000, undefined])
  })

  test('a look that shows the past makes it believe nothing that it gave up', () => {
    const candidate = new Candidate('a')
    candidate.lease.wish('hold')
    candidate.run(0)
    const past = candidate.store.record
    candidate.lease.wish('ignore')
    // The release was stored, but the candidate does not know.
    candidate.store.apply(candidate.lease.next(100, wallMs) as LeaseStep & { type: 'write' })
    candidate.lease.onWritten({ type: 'unknown' }, 150)
    candidate.lease.wish('hold')
    expect(candidate.lease.next(600, wallMs)).toEqual({ type: 'read' })
    candidate.lease.onRead(past, 610)
    expect(candidate.lease.holds(610)).toBeUndefined()
  })

  test('a store that lost everything is written anew, under another epoch', () => {
    const candidate = new Candidate('a')
    candidate.lease.wish('hold')
    candidate.run(0)
    candidate.store.record = undefined
    for (let ms = 1_000; ms < 6_000; ms += 100) candidate.run(ms)
    expect(candidate.lease.holds(6_000)).toBeGreaterThan(1_700_000_000)
  })
})

test('never do two believe, whatever is late, lost or seen late, while clocks drift by a twentieth', () => {
  const drift = fc.double({ min: 0.95, max: 1.05, noNaN: true })
  fc.assert(
    fc.property(fc.array(drift, { minLength: 2, maxLength: 4 }), fc.nat(), (rates, seed) => {
      const world = new World(rates, chanceOf(seed))
      world.run(60_000, true)
      const quietFrom = world.nowMs
      world.run(12_000, false)
      expect(world.heldAtMs).toBeGreaterThan(quietFrom)
      for (const [index, { epoch, owner }] of world.reigns.entries()) {
        if (index > 0) expect(epoch, owner).toBeGreaterThan(world.reigns[index - 1]!.epoch)
      }
    }),
    { numRuns: 40 },
  )
})

/** The register of the store: a write succeeds only over the expected record. */
class Register {
  record: LeaseRecord | undefined
  readonly past: (LeaseRecord | undefined)[]
  #sequence = 1

  constructor(record: LeaseRecord | undefined) {
    this.record = record
    this.past = [record]
  }

  apply({ value, expected }: LeaseStep & { type: 'write' }): number | undefined {
    if ((this.record?.sequence ?? 0) !== expected) return undefined
    this.record = { ...value, sequence: ++this.#sequence }
    this.past.push(this.record)
    return this.#sequence
  }
}

/** A candidate whose store answers at once. */
class Candidate {
  readonly lease: Lease
  readonly store: Register

  constructor(owner: string, store = new Register(givenBack)) {
    this.lease = new Lease(owner)
    this.store = store
  }

  run(nowMs: number): string[] {
    const steps: string[] = []
    for (let step = this.lease.next(nowMs, wallMs); step !== undefined; step = this.lease.next(nowMs, wallMs)) {
      steps.push(step.type)
      if (step.type === 'read') this.lease.onRead(this.store.record, nowMs)
      else {
        const sequence = this.store.apply(step)
        this.lease.onWritten(sequence === undefined ? { type: 'refused' } : { type: 'stored', sequence }, nowMs)
      }
    }
    return steps
  }
}

interface Node {
  owner: string
  lease: Lease
  /** The rate at which its clock runs. */
  rate: number
  pausedUntilMs: number
  /** Messages that it sends before this time are lost. */
  cutOffUntilMs: number
}

class World {
  nowMs = 0
  heldAtMs = 0
  readonly reigns: { owner: string; epoch: number }[] = []
  readonly #chance: () => number
  readonly #store = new Register(undefined)
  readonly #nodes: Node[]
  #events: { atMs: number; run: () => void }[] = []
  #boots = 0

  constructor(rates: readonly number[], chance: () => number) {
    this.#chance = chance
    this.#nodes = rates.map((rate) => this.#boot(rate))
  }

  run(forMs: number, isFoul: boolean): void {
    const endMs = this.nowMs + forMs
    if (!isFoul) for (const node of this.#nodes) node.lease.wish('hold')
    for (; this.nowMs < endMs; this.nowMs += 20) {
      for (const event of this.#events.filter(({ atMs }) => atMs <= this.nowMs)) event.run()
      this.#events = this.#events.filter(({ atMs }) => atMs > this.nowMs)
      for (const [index, node] of this.#nodes.entries()) {
        if (isFoul) this.#mishap(node, index)
        if (this.nowMs >= node.pausedUntilMs) this.#step(node, isFoul)
      }
      this.#look()
    }
  }

  #mishap(node: Node, index: number): void {
    const luck = this.#chance()
    if (luck < 0.000_3) this.#nodes[index] = this.#boot(node.rate)
    else if (luck < 0.001) node.pausedUntilMs = this.nowMs + this.#chance() * 8_000
    else if (luck < 0.004)
      node.lease.wish((['ignore', 'watch', 'hold', 'hold'] as const)[Math.floor(this.#chance() * 4)]!)
  }

  #step(node: Node, isFoul: boolean): void {
    const step = node.lease.next(this.#clockOf(node), wallMs)
    if (step === undefined) return
    const luck = isFoul ? this.#chance() : 1
    const there = isFoul ? this.#delay() : 2
    const answerMs = this.nowMs + there + (isFoul ? this.#delay() : 2)
    const isLost = luck < 0.05 || (isFoul && node.cutOffUntilMs > this.nowMs)
    const isUnanswered = luck < 0.15 || answerMs > this.nowMs + 2_000
    let answer: () => void = () => {}
    if (!isLost) this.#at(this.nowMs + there, () => (answer = this.#serve(node, step, luck)))
    if (isUnanswered || isLost) this.#toldTo(node, this.nowMs + 2_000, () => this.#unanswered(node, step))
    else this.#toldTo(node, answerMs, () => answer())
  }

  /** Carries out a step on the store. The returned function tells the candidate the outcome. */
  #serve(node: Node, step: LeaseStep, luck: number): () => void {
    if (step.type === 'write') {
      const sequence = this.#store.apply(step)
      const outcome = sequence === undefined ? { type: 'refused' as const } : { type: 'stored' as const, sequence }
      return () => node.lease.onWritten(outcome, this.#clockOf(node))
    }
    const { past } = this.#store
    const record = luck < 0.3 ? past[Math.max(0, past.length - 1 - Math.floor(this.#chance() * 5))] : this.#store.record
    return () => node.lease.onRead(record, this.#clockOf(node))
  }

  #unanswered(node: Node, step: LeaseStep): void {
    if (step.type === 'read') node.lease.onReadFailed(this.#clockOf(node))
    else node.lease.onWritten({ type: 'unknown' }, this.#clockOf(node))
  }

  #look(): void {
    const holders = this.#nodes.flatMap((node) => {
      const epoch = node.lease.holds(this.#clockOf(node))
      return epoch === undefined ? [] : [{ owner: node.owner, epoch }]
    })
    expect(holders.length).toBeLessThanOrEqual(1)
    const [holder] = holders
    if (holder === undefined) return
    this.heldAtMs = this.nowMs
    const last = this.reigns.at(-1)
    if (last?.owner !== holder.owner) this.reigns.push(holder)
    else if (last.epoch !== holder.epoch) this.reigns.push(holder)
  }

  #delay(): number {
    const luck = this.#chance()
    if (luck < 0.7) return luck * 20
    return luck < 0.97 ? luck * 1_000 : luck * 6_000
  }

  /** Delivers an outcome; a paused process gets it when it resumes. */
  #toldTo(node: Node, atMs: number, run: () => void): void {
    this.#at(atMs, () => {
      if (node.pausedUntilMs > this.nowMs) this.#toldTo(node, node.pausedUntilMs, run)
      else run()
    })
  }

  #at(atMs: number, run: () => void): void {
    this.#events.push({ atMs, run })
  }

  #clockOf(node: Node): number {
    return this.nowMs * node.rate
  }

  #boot(rate: number): Node {
    const owner = `node-${++this.#boots}`
    const lease = new Lease(owner, leaseTimes)
    lease.wish('hold')
    return { owner, lease, rate, pausedUntilMs: 0, cutOffUntilMs: 0 }
  }
}

/** mulberry32 */
function chanceOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
