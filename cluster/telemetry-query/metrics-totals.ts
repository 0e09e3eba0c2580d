// Totals of the whole installation that never run backwards, although each aggregator counts from its own start and
// another one may answer for a partition next time. For each partition the total grows by what its present keeper added
// since the last look; the first look at a keeper only sets a mark.
import { Measures } from '../../shared/telemetry/measures.ts'

/** The counts that one aggregator has for one partition, since its boot. */
export interface Look {
  boot: string
  partition: number
  measures: Measures
  /** True for the keeper that answers for the partition now. */
  isChosen: boolean
}

export class MetricsTotals {
  readonly #totals = new Measures()
  /** The counts of each boot at the last look, by partition. */
  readonly #marks = new Map<number, Map<string, Measures>>()

  /** Adds all looks of one round. */
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
    // The first look at a partition: counting begins with the present counts.
    if (marks === undefined) return chosen && this.#totals.add(chosen.measures)
    // When the present keeper was not seen last time, another keeper speaks for it that counted the same.
    const speaker = [chosen, ...looks].find((look) => look !== undefined && marks.has(look.boot))
    const added = speaker?.measures.since(marks.get(speaker.boot)!)
    if (added !== undefined) this.#totals.add(added)
  }
}
