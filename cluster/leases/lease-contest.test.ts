// Several candidates for one lease, whose messages are late or lost, whose looks show the past and whose clocks drift.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Dice } from '../simulation/engine/dice.ts'
import { Lease, type LeaseStep, leaseTimes } from './lease.ts'
import { Register, wallMs } from './test-lease-register.ts'

test('no two candidates believe that they hold it, whatever is late, lost or seen late, while clocks drift by a twentieth', () => {
  const drift = fc.double({ min: 0.95, max: 1.05, noNaN: true })
  fc.assert(
    fc.property(fc.array(drift, { minLength: 2, maxLength: 4 }), fc.nat(), (rates, seed) => {
      const world = new Contest(rates, new Dice(seed).chance)
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

interface Node {
  owner: string
  lease: Lease
  /** The rate at which its clock runs. */
  rate: number
  pausedUntilMs: number
  /** Messages that it sends before this time are lost. */
  cutOffUntilMs: number
}

class Contest {
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
