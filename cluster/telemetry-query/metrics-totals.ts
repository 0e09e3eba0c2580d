// Counts of the whole installation that never run backwards, although each aggregator counts since its own start and another
// one may answer for a partition next time. For each partition the count grows by what its present keeper added since it was
// looked at last; whoever has not been looked at before only sets a mark.
import { Measures } from '../../shared/telemetry/measures.ts'

/** What one aggregator counted of one partition, since its boot. */
export interface Look {
  boot: string
  partition: number
  measures: Measures
  /** It is the one that answers for the partition now. */
  isChosen: boolean
}

export class MetricsTotals {
  readonly #totals = new Measures()
  /** By partition: what each boot had when it was looked at last. */
  readonly #marks = new Map<number, Map<string, Measures>>()

  /** All looks of one round. */
  add(looks: readonly Look[]): void {
    for (const partition of new Set(looks.map((look) => look.partition))) {
      const own = looks.filter((look) => look.partition === partition)
      this.#grow(partition, own)
      this.#marks.set(partition, new Map(own.map(({ boot, measures }) => [boot, measures])))
    }
  }

  get measures(): Measures {
    return this.#totals
  }

  #grow(partition: number, looks: readonly Look[]): void {
    const marks = this.#marks.get(partition)
    const chosen = looks.find(({ isChosen }) => isChosen)
    // The first look at a partition: counting begins with what is there.
    if (marks === undefined) return chosen && this.#totals.add(chosen.measures)
    // Who answers now and did not last time is spoken for by another keeper, who counted the same.
    const speaker = [chosen, ...looks].find((look) => look !== undefined && marks.has(look.boot))
    const added = speaker?.measures.since(marks.get(speaker.boot)!)
    if (added !== undefined) this.#totals.add(added)
  }
}
