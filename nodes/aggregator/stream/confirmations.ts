// When a sender may delete what it sent. One aggregator's commit is durable, but what it read may be gone from the stream by
// the time another one would read it, because a single server does not sync what it acknowledges. So a confirmation waits
// until every keeper that keeps up has committed the same, and a partition is really kept twice. One that falls behind, or
// cannot commit, is not waited for; nor is anybody for longer than some seconds.
import type { Clock } from '../../../shared/clock.ts'
import type { Stored } from '../../../shared/telemetry/stored.ts'

export interface Committed {
  partition: number
  /** How far the partition's stream was read with it. */
  position: number
  node: string
  epoch: string
  /** Everything of this boot up to here is committed. */
  sequence: number
}

export interface ConfirmationsOptions {
  clock: Clock
  tell: (stored: Stored) => void
  /** How far everybody else who keeps up has committed a partition; infinite where there is nobody. Undefined while it
   *  cannot be known, because the stream is away. */
  othersStored: (partition: number) => number | undefined
}

const patienceMs = 10_000

interface Waiting {
  node: string
  partition: number
  steps: { position: number; sequence: number; atMs: number }[]
}

export class Confirmations {
  readonly #options: ConfirmationsOptions
  readonly #waiting = new Map<string, Waiting>()

  constructor(options: ConfirmationsOptions) {
    this.#options = options
  }

  committed(list: readonly Committed[]): void {
    const atMs = this.#options.clock.monotonicMs()
    for (const { partition, position, node, epoch, sequence } of list) {
      const waiting = this.#waiting.get(epoch) ?? { node, partition, steps: [] }
      this.#waiting.set(epoch, waiting)
      waiting.steps.push({ position, sequence, atMs })
    }
    this.release()
  }

  /** Tells what may be told by now. */
  release(): void {
    const { clock, tell, othersStored } = this.#options
    const patientMs = clock.monotonicMs() - patienceMs
    for (const [epoch, waiting] of this.#waiting) {
      const stored = othersStored(waiting.partition)
      if (stored === undefined) {
        // Patience begins when there is something to be patient with.
        for (const step of waiting.steps) step.atMs = clock.monotonicMs()
        continue
      }
      const isOver = waiting.steps.findLastIndex(({ position, atMs }) => position <= stored || atMs <= patientMs)
      const [last] = waiting.steps.splice(0, isOver + 1).slice(-1)
      if (last !== undefined) tell({ node: waiting.node, epoch, sequence: last.sequence, gap: false })
      if (waiting.steps.length === 0) this.#waiting.delete(epoch)
    }
  }

  /** Places in a stream that is another one now say nothing: what nobody confirms is sent again. */
  forget(partition: number): void {
    for (const [epoch, waiting] of this.#waiting) if (waiting.partition === partition) this.#waiting.delete(epoch)
  }
}
