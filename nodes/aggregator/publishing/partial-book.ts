// The newest word of each partition's owner. A partition that is silent keeps its last word for a while: its counts hardly
// change meanwhile, and leaving them out would look like a recovery.
import type { Clock } from '../../../shared/clock.ts'
import type { SloCounts } from '../slo/slot-ring.ts'
import { keyOf, type TargetFacts } from '../weights/target-tally.ts'
import type { Partial } from './partial.ts'

/** A partition without a message for `silentMs` is reported as silent; after `forgottenMs` its last message is dropped. */
const silentMs = 5_000
const forgottenMs = 300_000
/** How fast the last word about targets of a silent partition fades. */
const targetsTauMs = 30_000

interface Heard {
  readonly partial: Partial
  readonly atMs: number
}

export class PartialBook {
  readonly #clock: Clock
  readonly #partials = new Map<number, Heard>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  hear(partial: Partial): void {
    const known = this.#partials.get(partial.partition)
    if (known !== undefined && this.#isOutdated(partial, known)) return
    this.#partials.set(partial.partition, { partial, atMs: this.#clock.monotonicMs() })
  }

  /** Partitions whose owner was not heard lately. */
  silent(): number[] {
    this.#forget()
    return [...this.#partials].filter(([, heard]) => this.#ageMs(heard) > silentMs).map(([partition]) => partition)
  }

  sum(series: string, windowMs: number): SloCounts {
    const sum = { good: 0, total: 0 }
    for (const { partial } of this.#partials.values()) {
      const [good, total] = partial.series[series]?.[windowMs] ?? [0, 0]
      sum.good += good
      sum.total += total
    }
    return sum
  }

  /** Facts of every target, summed over all partitions. */
  targets(): Map<string, TargetFacts> {
    const merged = new Map<string, TargetFacts>()
    for (const heard of this.#partials.values()) {
      const kept = Math.exp(-Math.max(0, this.#ageMs(heard) - silentMs) / targetsTauMs)
      for (const facts of heard.partial.targets) {
        const key = keyOf(facts)
        const more = faded(facts, kept)
        const known = merged.get(key)
        merged.set(key, known === undefined ? more : both(known, more))
      }
    }
    return merged
  }

  /** Whether an older message came late: an epoch has one owner, who counts its messages. */
  #isOutdated({ epoch, count }: Partial, known: Heard): boolean {
    if (epoch < known.partial.epoch) return this.#ageMs(known) <= silentMs
    const { count: last } = known.partial
    return epoch === known.partial.epoch && count !== undefined && last !== undefined && count <= last
  }

  #forget(): void {
    for (const [partition, heard] of this.#partials) {
      if (this.#ageMs(heard) > forgottenMs) this.#partials.delete(partition)
    }
  }

  #ageMs({ atMs }: Heard): number {
    return this.#clock.monotonicMs() - atMs
  }
}

function faded(facts: TargetFacts, kept: number): TargetFacts {
  if (kept === 1) return facts
  const counts = Object.entries(facts.counts).map(([series, { good, total }]): [string, SloCounts] => [
    series,
    { good: good * kept, total: total * kept },
  ])
  return {
    ...facts,
    firstCount: facts.firstCount * kept,
    tokenCount: facts.tokenCount * kept,
    counts: Object.fromEntries(counts),
  }
}

/** Means by weight, counts by sum. */
function both(one: TargetFacts, other: TargetFacts): TargetFacts {
  const counts: Record<string, SloCounts> = { ...one.counts }
  for (const [series, { good, total }] of Object.entries(other.counts)) {
    const known = counts[series] ?? { good: 0, total: 0 }
    counts[series] = { good: known.good + good, total: known.total + total }
  }
  return {
    model: one.model,
    provider: one.provider,
    target: one.target,
    firstUs: meanOf(one.firstUs, one.firstCount, other.firstUs, other.firstCount),
    firstCount: one.firstCount + other.firstCount,
    tokenUs: meanOf(one.tokenUs, one.tokenCount, other.tokenUs, other.tokenCount),
    tokenCount: one.tokenCount + other.tokenCount,
    counts,
  }
}

function meanOf(one: number, oneWeight: number, other: number, otherWeight: number): number {
  const weight = oneWeight + otherWeight
  return weight === 0 ? 0 : (one * oneWeight + other * otherWeight) / weight
}
