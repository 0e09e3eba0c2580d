// Checks which nodes believe to hold the one lease of a world, from outside, where all clocks can be read at once.
import { leaseTimes } from '../leases/lease.ts'
import type { Timeline } from './engine/timeline.ts'
import type { Judge } from './judge.ts'
import type { SimulatedNode } from './simulated-node.ts'

export class LeaseWatch {
  readonly #options: { timeline: Timeline; nodes: readonly SimulatedNode[]; judge: Judge }
  #last: { owner: string; epoch: number } | undefined

  constructor(options: { timeline: Timeline; nodes: readonly SimulatedNode[]; judge: Judge }) {
    this.#options = options
  }

  get isHeld(): boolean {
    return this.#holders().length > 0
  }

  start(): void {
    this.#look()
    this.#options.timeline.afterOutside(lookMs, () => this.start())
  }

  #look(): void {
    const { judge, timeline } = this.#options
    const holders = this.#holders()
    const { lapsedAtMs } = judge
    // A holder whose write was lost believes until its lease expires.
    const mayBeTwo = lapsedAtMs !== undefined && timeline.nowMs - lapsedAtMs < leaseTimes.durationMs * 1.05
    if (holders.length > 1 && !mayBeTwo) {
      judge.broken('one holder', holders.map(({ owner, epoch }) => `${owner} holds under ${epoch}`).join(', '))
    }
    const [holder] = holders
    if (holder === undefined) return
    const before = this.#last
    const isRising = before === undefined || before.owner === holder.owner || holder.epoch > before.epoch
    // A register that lost its past may know no epoch any more; the next epoch then comes from clocks, which may be
    // wrong.
    if (!isRising && lapsedAtMs === undefined) {
      judge.broken('one holder', `${holder.owner} acts under ${holder.epoch}, after ${before.epoch}`)
    }
    this.#last = holder
  }

  #holders(): { owner: string; epoch: number }[] {
    return this.#options.nodes.flatMap((node) => {
      const { leaseEpoch: epoch, incarnation: owner } = node
      return epoch === undefined ? [] : [{ owner, epoch }]
    })
  }
}

const lookMs = 40
