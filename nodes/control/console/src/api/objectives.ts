// Objectives with how they stand, and the newest beginnings and ends of their alerts.
import type { Answer, Client } from './client.ts'
import { listOf, numberOf, recordOf, textOf } from './reading.ts'

export interface ObjectiveRow {
  name: string
  objective: string
  /** `model fast`, `team search` …; empty for everything. */
  match: readonly string[]
  threshold: string
  target: number
  window: string
  /** The last judgement; undefined while no aggregator judges this objective. */
  status: ObjectiveStatus | undefined
}

export interface ObjectiveStatus {
  state: string
  sinceMs: number | undefined
  /** Burn rate by window: `5m`, `1h` … */
  burn: Readonly<Record<string, number | undefined>>
  budgetRemaining: number | undefined
  good: number | undefined
  total: number | undefined
}

export interface AlertRow {
  id: string
  type: string
  slo: string
  severity: string
  atMs: number | undefined
  burn: number | undefined
  windowSeconds: number | undefined
  delivery: string
}

export interface Evaluation {
  publisher: string
  ageMs: number | undefined
  stale: boolean
  silentPartitions: number
}

export interface ObjectiveList {
  objectives: readonly ObjectiveRow[]
  alerts: readonly AlertRow[]
  /** The state of the publisher; undefined while no aggregator judges. */
  evaluation: Evaluation | undefined
}

export const objectiveCalls = (client: Client) => ({
  objectives: (signal: AbortSignal): Answer<ObjectiveList> =>
    client.call({ path: '/api/v1/slos?limit=1000', signal, read: readObjectives }),
})

const targetDefault = 0.999
const windowDefault = '30d'

export function readObjectives(body: unknown): ObjectiveList {
  const { items, events, evaluation } = recordOf(body)
  return {
    objectives: listOf(items).map(objectiveOf),
    alerts: listOf(events).map(alertOf),
    evaluation: evaluation === undefined ? undefined : evaluationOf(evaluation),
  }
}

function objectiveOf(value: unknown): ObjectiveRow {
  const { name, spec, status } = recordOf(value)
  const { objective, match, threshold, target, window } = recordOf(spec)
  return {
    name: textOf(name),
    objective: textOf(objective),
    match: Object.entries(recordOf(match)).map(([field, wanted]) => `${field} ${textOf(wanted)}`),
    threshold: textOf(threshold),
    target: numberOf(target) ?? targetDefault,
    window: textOf(window, windowDefault),
    status: status === undefined ? undefined : statusOf(status),
  }
}

function statusOf(value: unknown): ObjectiveStatus {
  const { state, burn, budgetRemaining, good, total, alerts } = recordOf(value)
  const since = listOf(alerts).map((alert) => timeOf(recordOf(alert)['since']))
  return {
    state: textOf(state, 'unknown'),
    sinceMs: since[0],
    burn: Object.fromEntries(Object.entries(recordOf(burn)).map(([window, rate]) => [window, numberOf(rate)])),
    budgetRemaining: numberOf(budgetRemaining),
    good: numberOf(good),
    total: numberOf(total),
  }
}

function alertOf(value: unknown): AlertRow {
  const { id, type, slo, severity, at, rule, delivery } = recordOf(value)
  const { burn, windowSeconds } = recordOf(rule)
  return {
    id: textOf(id),
    type: textOf(type),
    slo: textOf(slo),
    severity: textOf(severity),
    atMs: timeOf(at),
    burn: numberOf(burn),
    windowSeconds: numberOf(windowSeconds),
    delivery: textOf(delivery),
  }
}

function evaluationOf(value: unknown): Evaluation {
  const { publisher, ageMs, stale, silentPartitions } = recordOf(value)
  return {
    publisher: textOf(publisher),
    ageMs: numberOf(ageMs),
    stale: stale === true,
    silentPartitions: listOf(silentPartitions).length,
  }
}

function timeOf(value: unknown): number | undefined {
  return numberOf(Date.parse(textOf(value)))
}
