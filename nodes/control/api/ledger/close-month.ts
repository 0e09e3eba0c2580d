// Closing a month. The totals are made out of what the keeper of each partition has, and every keeper stores the same ones.

import { z } from 'zod'
import type { Aggregators } from '../../../../cluster/telemetry-query/aggregators.ts'
import type { Clock } from '../../../../shared/clock.ts'
import { done, fail, type Result } from '../../../../shared/result.ts'
import type { PartitionMonths } from '../../../../shared/telemetry/answers/ledger-months.ts'
import type { LedgerMonthsQuery } from '../../../../shared/telemetry/ledger-queries.ts'
import { type Month, monthNamed } from '../../../../shared/time/calendar-month.ts'
import { isTimeZone } from '../../../../shared/time/time-zone.ts'
import type { Problem } from '../../http/answer.ts'
import { problems } from '../../http/problems.ts'
import type { NodesView } from '../../nodes-view.ts'
import { itemsOf } from '../dispatch.ts'
import { asked } from '../telemetry-routes.ts'
import { missingRecords } from './missing-records.ts'

export interface CloseOptions {
  readonly aggregators: Aggregators
  readonly nodes: Pick<NodesView, 'list'>
  readonly clock: Clock
}

export const monthBody = z.strictObject({
  month: z.string().max(16),
  timeZone: z.string().max(64).optional(),
  /** Close it although records may be missing; what is missing is kept with it. */
  acceptMissing: z.boolean().optional(),
})

interface MonthsAnswer {
  readonly timeZone: string
  readonly months: readonly { readonly month: string; readonly status: string }[]
  readonly partitions: readonly PartitionMonths[]
  readonly stale?: readonly { readonly partition: number; readonly ageMs: number }[]
}

/** In a cluster, records that the stream stored before the cut are read by now, also where clocks differ a little. */
const readMs = 10_000

export class CloseMonth {
  readonly #options: CloseOptions

  constructor(options: CloseOptions) {
    this.#options = options
  }

  async close(value: unknown): Promise<Result<Record<string, unknown>, Problem>> {
    const read = monthBody.safeParse(value)
    if (!read.success)
      return fail(problems.invalid(itemsOf(read.error, { schema: monthBody, input: value, prefix: [] })))
    const { month: name, timeZone: wanted, acceptMissing = false } = read.data
    if (wanted !== undefined && !isTimeZone(wanted))
      return fail(invalid('timeZone', 'is not a time zone such as Europe/Berlin'))
    const known = await this.#months({})
    if (!known.ok) return known
    const zone = zoneOf(known.value.partitions)
    const timeZone = wanted ?? zone ?? 'UTC'
    if (zone !== undefined && zone !== timeZone) {
      return fail(
        invalid('timeZone', `is not ${zone}, in which earlier months were closed: a month would overlap another one`),
      )
    }
    const month = monthNamed(timeZone, name)
    if (month === undefined) return fail(invalid('month', 'is not a month such as 2026-11'))
    const cutMs = this.#options.clock.wallMs() - (this.#options.aggregators.isClustered ? readMs : 0)
    if (cutMs < month.endMs) return fail(invalid('month', `is not over before ${new Date(month.endMs).toISOString()}`))
    return this.#closeAt(month, { timeZone, cutMs, acceptMissing })
  }

  async #closeAt(
    month: Month,
    { timeZone, cutMs, acceptMissing }: { timeZone: string; cutMs: number; acceptMissing: boolean },
  ): Promise<Result<Record<string, unknown>, Problem>> {
    const { aggregators, nodes, clock } = this.#options
    const { name } = month
    const found = await this.#months({ timeZone, from: name, to: name, cutMs })
    if (!found.ok) return found
    const { partitions, stale = [] } = found.value
    const open = partitions.filter(({ closed }) => !closed.some((one) => one.month === name))
    if (open.length === 0 && partitions.length > 0) return this.#told(timeZone, name)
    const missing = missingRecords({ stale, nodes: nodes.list(), sinceEndMs: clock.wallMs() - month.endMs })
    if (missing.length > 0 && !acceptMissing) return fail(problems.recordsMissing(name, missing))
    const rows = open.map(
      ({ partition, open: months }) => [partition, months.find(([one]) => one === name)?.[1] ?? []] as const,
    )
    const question = { type: 'ledger-close', month: name, timeZone, cutMs, rows, missing } as const
    const answer = await asked(aggregators, acceptMissing ? { ...question, evenIfBehind: true } : question)
    if (!answer.ok) return answer
    const closed = new Set((answer.value as { closed: number[] }).closed)
    const left = rows.filter(([partition]) => !closed.has(partition))
    if (left.length === 0) return this.#told(timeZone, name)
    const numbers = left.map(([partition]) => partition).join(', ')
    return fail(
      problems.unavailable(`Partitions ${numbers} were not closed: close the month again.`, 'aggregator-unavailable'),
    )
  }

  async #told(timeZone: string, name: string): Promise<Result<Record<string, unknown>, Problem>> {
    const found = await this.#months({ timeZone, from: name, to: name })
    if (!found.ok) return found
    const month = found.value.months.find((one) => one.month === name)
    return done({ ...month })
  }

  async #months(query: Omit<LedgerMonthsQuery, 'type'>): Promise<Result<MonthsAnswer, Problem>> {
    const answer = await asked(this.#options.aggregators, { type: 'ledger-months', ...query })
    return answer.ok ? done(answer.value as MonthsAnswer) : answer
  }
}

function zoneOf(partitions: readonly PartitionMonths[]): string | undefined {
  return partitions.flatMap(({ closed }) => closed)[0]?.timeZone
}

function invalid(path: string, message: string): Problem {
  return problems.invalid([{ path, message }])
}
