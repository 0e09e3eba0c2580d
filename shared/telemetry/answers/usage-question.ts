// Parses a usage query: known groups, whole hours.
import { done } from '../../result.ts'
import type { AggregatorQuestion } from '../records.ts'
import { type MergedAnswer, problem } from './answer.ts'
import { hourMs, type UsageGroup, usageGroups } from './usage-fields.ts'

export interface UsageQuestion {
  groupBy: UsageGroup[]
  /** The first hour; undefined means the first stored one. */
  fromHour: number | undefined
  toHour: number
}

export function readUsageQuestion(
  query: AggregatorQuestion & { type: 'usage' },
  wallMs: number,
): MergedAnswer<UsageQuestion> {
  const unknown = query.groupBy.find((name) => !isGroup(name))
  if (unknown !== undefined) return problem('groupBy', `${shown(unknown)} is not one of ${usageGroups.join(', ')}`)
  const { fromMs = 0, toMs = wallMs + 1 } = query
  if (!isTime(fromMs)) return problem('from', 'is not a time')
  if (!isTime(toMs)) return problem('to', 'is not a time')
  if (fromMs >= toMs) return problem('to', 'is not after `from`')
  return done({
    groupBy: [...new Set(query.groupBy.filter(isGroup))],
    fromHour: query.fromMs === undefined ? undefined : Math.floor(fromMs / hourMs),
    toHour: Math.ceil(toMs / hourMs),
  })
}

function isGroup(name: unknown): name is UsageGroup {
  return usageGroups.some((group) => group === name)
}

/** Whether `Date` can represent the time, so that printing `from` and `to` never fails. */
function isTime(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= 8.64e15 - hourMs
}

function shown(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 80) ?? 'it'
}
