// How the budgets stand in their present windows, as the register of budgets has it.
import { z } from 'zod'
import type { LedgerList } from '../../../cluster/budgets/bus-register.ts'
import { flowsOf, type Ledger, standingOf } from '../../../cluster/budgets/ledger.ts'
import type { PublishedWatch } from '../../../cluster/membership/published-watch.ts'
import type { Clock } from '../../../shared/clock.ts'
import { type BudgetSpec, budgetKey } from '../../../shared/config/kinds/budgets/spec.ts'
import type { BudgetAlertEvent } from '../../../shared/telemetry/slo-state.ts'
import { calendarWindow } from '../../../shared/time/calendar-window.ts'
import type { ConfigService } from '../config-service.ts'
import { json, problem } from '../http/answer.ts'
import { problems } from '../http/problems.ts'
import { problemBody } from './answers.ts'
import type { Route } from './route.ts'
import { deliverySchema } from './slo-extras.ts'

export interface BudgetOptions {
  readonly clock: Clock
  readonly desk: ConfigService
  ledgers(): Promise<LedgerList>
  readonly published: Pick<PublishedWatch, 'state'>
}

const nanoPerUsd = 1e9

const statusBody = z.object({
  budgets: z.array(
    z.object({
      name: z.string(),
      mode: z.enum(['hard', 'soft']),
      limitUsd: z.number(),
      spentUsd: z.number(),
      /** What proxies may still spend without asking: for requests that are not finished, and in reserve. */
      reservedUsd: z.number(),
      /** The part of what is spent that is an upper bound, of proxies that were killed. */
      unsureUsd: z.number(),
      /** All that proxies were granted in the window, and what they gave back: what is granted is spent, reserved or given back. */
      grantedUsd: z.number(),
      returnedUsd: z.number(),
      /** Thresholds that were passed. */
      alerted: z.array(z.number()),
      startedAt: z.string(),
      resetsAt: z.string(),
    }),
  ),
  /** The newest alerts, newest first, and whether their webhooks have been told. */
  events: z.array(
    z.object({
      id: z.string(),
      budget: z.string(),
      threshold: z.number(),
      at: z.string(),
      limitUsd: z.number(),
      spentUsd: z.number(),
      startedAt: z.string(),
      resetsAt: z.string(),
      delivery: deliverySchema,
    }),
  ),
})

export function budgetRoutes({ clock, desk, ledgers, published }: BudgetOptions): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/v1/budgets:status',
      summary: 'What is spent and reserved of every budget in its present window',
      access: 'administrator',
      answers: { 200: statusBody, 503: problemBody },
      async handle() {
        const state = desk.state()
        if (!state.ok) return problem(state.error)
        const kept = await ledgers()
        if (!kept.ok) return problem(problems.unavailable(`${kept.error.message}.`, 'budgets-unavailable'))
        const byKey = new Map(kept.value.map(([{ key, window }, ledger]) => [`${window} ${key}`, ledger]))
        const { budgets } = state.value.resources
        return json(200, {
          budgets: [...budgets].map(([name, { spec }]) => statusOf(name, spec, { byKey, nowMs: clock.wallMs() })),
          events: (published.state?.message.budgetEvents ?? []).map(eventOf).reverse(),
        })
      },
    },
  ]
}

function eventOf({ atMs, startedAtMs, resetsAtMs, ...event }: BudgetAlertEvent) {
  const [at, startedAt, resetsAt] = [atMs, startedAtMs, resetsAtMs].map((ms) => new Date(ms).toISOString())
  return { ...event, at, startedAt, resetsAt }
}

function statusOf(
  name: string,
  spec: BudgetSpec,
  { byKey, nowMs }: { byKey: ReadonlyMap<string, Ledger>; nowMs: number },
) {
  const { number, startMs, endMs } = calendarWindow(spec.window, spec.timeZone ?? 'UTC', nowMs)
  const ledger = byKey.get(`${number} ${budgetKey(spec)}`)
  const { settled, open } = ledger === undefined ? { settled: 0, open: 0 } : standingOf(ledger)
  const { granted, returned } = ledger === undefined ? { granted: 0, returned: 0 } : flowsOf(ledger)
  return {
    name,
    mode: spec.mode ?? 'hard',
    limitUsd: spec.usd,
    spentUsd: settled / nanoPerUsd,
    reservedUsd: open / nanoPerUsd,
    unsureUsd: (ledger?.unsure ?? 0) / nanoPerUsd,
    grantedUsd: granted / nanoPerUsd,
    returnedUsd: returned / nanoPerUsd,
    alerted: (ledger?.passed ?? []).map(({ threshold }) => threshold),
    startedAt: new Date(startMs).toISOString(),
    resetsAt: new Date(endMs).toISOString(),
  }
}
