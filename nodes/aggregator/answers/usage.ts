// `GET /usage`: what is committed and what waits for the next commit, together, so it lags only by a batch's way here.
import { limits } from '../../../shared/limits.ts'
import { done } from '../../../shared/result.ts'
import type { AggregatorQuery } from '../../../shared/telemetry/records.ts'
import {
  hourMs,
  type UsageCell,
  type UsageCounter,
  type UsageDimension,
  usageCounters,
  usageDimensions,
} from '../rollup/usage.ts'
import type { UsageStore } from '../store/usage-store.ts'
import { type Answer, problem } from './answer.ts'

type Group = UsageDimension | 'day' | 'hour'
type Sums = Record<UsageCounter, bigint>

export interface UsageBody {
  rows: Record<string, string | number>[]
  /** RFC 3339, whole hours: usage is kept by the hour. */
  from: string
  to: string
  /** There are more rows than one answer holds; these are the first by name. */
  truncated?: true
}

const groups: readonly Group[] = [...usageDimensions, 'day', 'hour']
const hoursPerDay = 24

export function usageAnswer(
  query: AggregatorQuery & { type: 'usage' },
  store: UsageStore | undefined,
  unstored: Iterable<Iterable<UsageCell>>,
  wallMs: number,
  partitions: readonly number[],
): Answer<UsageBody> {
  const groupBy = query.groupBy.filter(isGroup)
  const unknown = query.groupBy.find((name) => !isGroup(name))
  if (unknown !== undefined) return problem('groupBy', `${shown(unknown)} is not one of ${groups.join(', ')}`)
  const { fromMs = 0, toMs = wallMs + 1 } = query
  if (!isTime(fromMs)) return problem('from', 'is not a time')
  if (!isTime(toMs)) return problem('to', 'is not a time')
  if (fromMs >= toMs) return problem('to', 'is not after `from`')
  const fromHour = Math.floor(fromMs / hourMs)
  const toHour = Math.ceil(toMs / hourMs)
  const sums = new SumsByGroup([...new Set(groupBy)])
  if (store !== undefined) sums.addStored(store, partitions, fromHour, toHour)
  for (const cells of unstored) {
    for (const cell of cells) if (cell.hour >= fromHour && cell.hour < toHour) sums.addCell(cell)
  }
  const firstHour = query.fromMs === undefined ? (sums.firstHour ?? toHour - 1) : fromHour
  const rows = sums.rows()
  return done({
    rows: rows.slice(0, limits.usageRowsMax),
    from: new Date(firstHour * hourMs).toISOString(),
    to: new Date(toHour * hourMs).toISOString(),
    ...(rows.length > limits.usageRowsMax ? { truncated: true } : {}),
  })
}

class SumsByGroup {
  readonly #groupBy: readonly Group[]
  readonly #rows = new Map<string, { names: string[]; sums: Sums }>()
  firstHour: number | undefined

  constructor(groupBy: readonly Group[]) {
    this.#groupBy = groupBy
  }

  addStored(store: UsageStore, partitions: readonly number[], fromHour: number, toHour: number): void {
    const names = this.#groupBy.map((group, index) => `${columnOf(group)} AS g${index}`)
    const sums = usageCounters.map((counter) => `sum(${counter}) AS ${counter}`)
    const statement = store.database.prepare(`
      SELECT ${[...names, ...sums, 'min(hour) AS firstHour'].join(', ')}
      FROM usage JOIN cell ON cell.id = usage.cell
      WHERE hour >= ? AND hour < ? AND partition IN (${partitions.map(Number).join(', ')})
      ${names.length === 0 ? '' : `GROUP BY ${names.map((_, index) => `g${index}`).join(', ')}`}`)
    // Sums of nano-dollars leave the integers that a double holds at nine million dollars.
    statement.setReadBigInts(true)
    for (const row of statement.iterate(fromHour, toHour)) {
      if (row['firstHour'] === null) continue
      this.#see(Number(row['firstHour']))
      const names = this.#groupBy.map((group, index) => nameOf(group, row[`g${index}`]))
      this.#add(names, (counter) => BigInt(row[counter] as bigint))
    }
  }

  addCell(cell: UsageCell): void {
    this.#see(cell.hour)
    const names = this.#groupBy.map((group) => {
      if (group === 'hour') return nameOf(group, cell.hour)
      if (group === 'day') return nameOf(group, Math.floor(cell.hour / hoursPerDay))
      return cell[group]
    })
    this.#add(names, (counter) => BigInt(cell[counter]))
  }

  rows(): Record<string, string | number>[] {
    if (this.#groupBy.length === 0 && this.#rows.size === 0) this.#add([], () => 0n)
    const sorted = [...this.#rows.values()].sort((a, b) => compareNames(a.names, b.names))
    return sorted.map(({ names, sums }) => ({
      ...Object.fromEntries(this.#groupBy.map((group, index) => [group, names[index]!])),
      ...countersOf(sums),
    }))
  }

  #see(hour: number): void {
    this.firstHour = Math.min(this.firstHour ?? hour, hour)
  }

  #add(names: string[], readCounter: (counter: UsageCounter) => bigint): void {
    const key = JSON.stringify(names)
    const row = this.#rows.get(key)
    if (row === undefined) {
      const sums = Object.fromEntries(usageCounters.map((counter) => [counter, readCounter(counter)])) as Sums
      this.#rows.set(key, { names, sums })
    } else for (const counter of usageCounters) row.sums[counter] += readCounter(counter)
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

/** The double nearest to the decimal: 1 nano-dollar is 1e-9, never 9.999…e-10. */
function usdOf(nanos: bigint): number {
  return Number(`${nanos}e-9`)
}

function columnOf(group: Group): string {
  if (group === 'hour') return 'hour'
  return group === 'day' ? `(hour / ${hoursPerDay})` : `cell."${group}"`
}

function nameOf(group: Group, value: unknown): string {
  if (group === 'hour') return new Date(Number(value) * hourMs).toISOString()
  if (group === 'day') return new Date(Number(value) * hoursPerDay * hourMs).toISOString().slice(0, 10)
  return String(value)
}

function compareNames(a: readonly string[], b: readonly string[]): number {
  for (const [index, name] of a.entries()) if (name !== b[index]) return name < b[index]! ? -1 : 1
  return 0
}

function isGroup(name: unknown): name is Group {
  return groups.some((group) => group === name)
}

/** What `Date` can show, so that the answer's own `from` and `to` never fail. */
function isTime(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= 8.64e15 - hourMs
}

function shown(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 80) ?? 'it'
}
