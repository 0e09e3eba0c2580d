// Usage summed by the requested groups. The sums of several aggregators can be added. They stay integers until the body
// is printed, because nano-dollars exceed the safe integers of a double at nine million dollars.
import { bounds } from '../../bounds.ts'
import { hourMs, type UsageCounter, type UsageGroup, usageCounters } from './usage-fields.ts'
import { usdOf } from './usd.ts'

type Sums = Record<UsageCounter, bigint>

/** The wire form of a row: the names, then the counters in decimal. */
export type UsageRow = [names: string[], counters: string[]]

export interface UsageBody {
  rows: Record<string, string | number>[]
  /** RFC 3339 in whole hours: usage is stored by the hour. */
  from: string
  to: string
  /** Set when there are more rows than an answer holds; these are the first by name. */
  truncated?: true
}

export class UsageSums {
  readonly #rows = new Map<string, { names: string[]; sums: Sums }>()
  #firstHour: number | undefined

  get firstHour(): number | undefined {
    return this.#firstHour
  }

  see(hour: number): void {
    this.#firstHour = Math.min(this.#firstHour ?? hour, hour)
  }

  add(names: string[], readCounter: (counter: UsageCounter) => bigint): void {
    const key = JSON.stringify(names)
    const row = this.#rows.get(key)
    if (row === undefined) {
      const sums = Object.fromEntries(usageCounters.map((counter) => [counter, readCounter(counter)])) as Sums
      this.#rows.set(key, { names, sums })
    } else for (const counter of usageCounters) row.sums[counter] += readCounter(counter)
  }

  /** The first rows by name, one more than an answer holds, so that the receiver sees whether there are more. */
  form(): UsageRow[] {
    return this.#sorted(bounds.usageRowsMax + 1).map(({ names, sums }) => [
      names,
      usageCounters.map((counter) => String(sums[counter])),
    ])
  }

  /** Adds the rows of one part. All rows of the sum are complete if all parts are cut at the same number of rows. */
  addForm(rows: readonly UsageRow[]): void {
    for (const [names, counters] of rows) {
      this.add(names, (counter) => BigInt(counters[usageCounters.indexOf(counter)] ?? 0))
    }
  }

  body(groupBy: readonly UsageGroup[], { fromHour, toHour }: { fromHour: number; toHour: number }): UsageBody {
    if (groupBy.length === 0 && this.#rows.size === 0) this.add([], () => 0n)
    const rows = this.#sorted(bounds.usageRowsMax).map(({ names, sums }) => ({
      ...Object.fromEntries(groupBy.map((group, index) => [group, names[index] ?? ''])),
      ...countersOf(sums),
    }))
    return {
      rows,
      from: new Date(fromHour * hourMs).toISOString(),
      to: new Date(toHour * hourMs).toISOString(),
      ...(this.#rows.size > rows.length ? { truncated: true as const } : {}),
    }
  }

  #sorted(rowsMax: number): { names: string[]; sums: Sums }[] {
    return [...this.#rows.values()].sort((a, b) => compareNames(a.names, b.names)).slice(0, rowsMax)
  }
}

function countersOf(sums: Sums): Record<string, number> {
  const { costNanoUsd, savedNanoUsd, ...counts } = sums
  return {
    ...Object.fromEntries(Object.entries(counts).map(([counter, value]) => [counter, Number(value)])),
    costUsd: usdOf(costNanoUsd),
    savedUsd: usdOf(savedNanoUsd),
  }
}

function compareNames(a: readonly string[], b: readonly string[]): number {
  for (const [index, name] of a.entries()) {
    const other = b[index] ?? ''
    if (name !== other) return name < other ? -1 : 1
  }
  return 0
}
