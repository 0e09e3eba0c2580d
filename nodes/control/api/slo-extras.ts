// What `GET /slos` says beside the specs: how each objective stands, as the publisher judged it last, with its age. While
// nobody publishes, the objectives are shown without a standing, and the list says so.
import { z } from 'zod'
import type { PublishedWatch } from '../../../cluster/membership/published-watch.ts'
import type { ActiveAlert, AlertEvent, ObjectiveState } from '../../../shared/telemetry/slo-state.ts'
import type { KindExtras } from './resource-routes.ts'

const alertBody = z.object({
  id: z.string(),
  severity: z.enum(['page', 'ticket']),
  since: z.string(),
  rule: z.object({ burn: z.number(), windowSeconds: z.number() }),
})

const statusBody = z.object({
  state: z.enum(['ok', 'page', 'ticket']),
  burn: z.record(z.string(), z.number()),
  budgetRemaining: z.number(),
  good: z.number(),
  total: z.number(),
  alerts: z.array(alertBody),
  evaluatedAt: z.string(),
  stale: z.boolean(),
})

export const deliverySchema = z.enum(['none', 'waiting', 'delivered', 'given-up'])

const eventBody = z.object({
  id: z.string(),
  type: z.enum(['firing', 'resolved']),
  alertId: z.string(),
  slo: z.string(),
  severity: z.enum(['page', 'ticket']),
  at: z.string(),
  since: z.string(),
  rule: z.object({ burn: z.number(), windowSeconds: z.number() }),
  burn: z.record(z.string(), z.number()),
  budgetRemaining: z.number(),
  delivery: deliverySchema,
})

const evaluationBody = z.object({
  publisher: z.string(),
  epoch: z.number(),
  revision: z.number(),
  at: z.string(),
  ageMs: z.number(),
  stale: z.boolean(),
  silentPartitions: z.array(z.int()),
})

export function sloExtras(published: PublishedWatch): KindExtras {
  return {
    itemShape: { status: statusBody.optional() },
    listShape: { evaluation: evaluationBody.optional(), events: z.array(eventBody) },
    item(name) {
      const said = published.state
      const found = said?.message.objectives.find((objective) => objective.name === name)
      if (said === undefined || found === undefined) return {}
      return { status: statusOf(found, { atMs: said.message.atMs, stale: said.isStale }) }
    },
    list() {
      const said = published.state
      if (said === undefined) return { events: [] }
      const { publisher, epoch, revision, atMs, silentPartitions, events } = said.message
      const evaluation = { publisher, epoch, revision, at: timeOf(atMs), ageMs: said.ageMs, stale: said.isStale }
      return { evaluation: { ...evaluation, silentPartitions }, events: events.map(eventOf).reverse() }
    },
  }
}

function statusOf(objective: ObjectiveState, { atMs, stale }: { atMs: number; stale: boolean }) {
  const { burn, budgetRemaining, good, total, alerts } = objective
  const worst = alerts.some(({ severity }) => severity === 'page') ? 'page' : 'ticket'
  return {
    state: alerts.length === 0 ? 'ok' : worst,
    burn,
    budgetRemaining,
    good,
    total,
    alerts: alerts.map(alertOf),
    evaluatedAt: timeOf(atMs),
    stale,
  }
}

function alertOf({ id, severity, sinceMs, factor, longMs }: ActiveAlert) {
  return { id, severity, since: timeOf(sinceMs), rule: { burn: factor, windowSeconds: longMs / 1_000 } }
}

function eventOf({ atMs, sinceMs, factor, longMs, ...event }: AlertEvent) {
  const rule = { burn: factor, windowSeconds: longMs / 1_000 }
  return { ...event, at: timeOf(atMs), since: timeOf(sinceMs), rule }
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString()
}
