// `GET /usage`: what is committed and what waits for the next commit, together, so it lags only by a batch's way here.
import type { AnswerPart } from '../../../shared/telemetry/answers/answer-part.ts'
import { hourMs, hoursPerDay, type UsageGroup, usageCounters } from '../../../shared/telemetry/answers/usage-fields.ts'
import { readUsageQuestion, type UsageQuestion } from '../../../shared/telemetry/answers/usage-question.ts'
import { UsageSums } from '../../../shared/telemetry/answers/usage-sums.ts'
import type { AggregatorQuery } from '../../../shared/telemetry/records.ts'
import type { UsageCell } from '../rollup/usage.ts'
import type { UsageStore } from '../store/usage-store.ts'

export interface UsageSources {
  /** The stored usage; undefined while the database cannot be opened. */
  store: UsageStore | undefined
  unstored: Iterable<Iterable<UsageCell>>
  wallMs: number
}

export function usagePart(
  query: AggregatorQuery & { type: 'usage' },
  partitions: readonly number[],
  { store, unstored, wallMs }: UsageSources,
): AnswerPart {
  const question = readUsageQuestion(query, wallMs)
  if (!question.ok) return { type: 'problem', ...question.error }
  const { groupBy, fromHour = 0, toHour } = question.value
  const sums = new UsageSums()
  if (store !== undefined) addStored(sums, store, partitions, question.value)
  for (const cells of unstored) {
    for (const cell of cells) if (cell.hour >= fromHour && cell.hour < toHour) addCell(sums, cell, groupBy)
  }
  const { firstHour } = sums
  return { type: 'usage', rows: sums.form(), ...(firstHour === undefined ? {} : { firstHour }) }
}

function addStored(
  sums: UsageSums,
  store: UsageStore,
  partitions: readonly number[],
  { groupBy, fromHour = 0, toHour }: UsageQuestion,
): void {
  const names = groupBy.map((group, index) => `${columnOf(group)} AS g${index}`)
  const totals = usageCounters.map((counter) => `sum(${counter}) AS ${counter}`)
  const statement = store.database.prepare(`
    SELECT ${[...names, ...totals, 'min(hour) AS firstHour'].join(', ')}
    FROM usage JOIN cell ON cell.id = usage.cell
    WHERE hour >= ? AND hour < ? AND partition IN (${partitions.map(Number).join(', ')})
    ${names.length === 0 ? '' : `GROUP BY ${names.map((_, index) => `g${index}`).join(', ')}`}`)
  statement.setReadBigInts(true)
  for (const row of statement.iterate(fromHour, toHour)) {
    if (row['firstHour'] === null) continue
    sums.see(Number(row['firstHour']))
    const found = groupBy.map((group, index) => nameOf(group, row[`g${index}`]))
    sums.add(found, (counter) => BigInt(row[counter] as bigint))
  }
}

function addCell(sums: UsageSums, cell: UsageCell, groupBy: readonly UsageGroup[]): void {
  sums.see(cell.hour)
  const names = groupBy.map((group) => {
    if (group === 'hour') return nameOf(group, cell.hour)
    if (group === 'day') return nameOf(group, Math.floor(cell.hour / hoursPerDay))
    return cell[group]
  })
  sums.add(names, (counter) => BigInt(cell[counter]))
}

function columnOf(group: UsageGroup): string {
  if (group === 'hour') return 'hour'
  return group === 'day' ? `(hour / ${hoursPerDay})` : `cell."${group}"`
}

function nameOf(group: UsageGroup, value: unknown): string {
  if (group === 'hour') return new Date(Number(value) * hourMs).toISOString()
  if (group === 'day') return new Date(Number(value) * hoursPerDay * hourMs).toISOString().slice(0, 10)
  return String(value)
}
