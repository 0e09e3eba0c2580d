// What the installation says about itself: its nodes, the targets they send to, and whether anything is degraded.
import type { Answer, Client } from './client.ts'
import { listOf, numberOf, recordOf, textOf } from './reading.ts'

export interface QueueRow {
  name: string
  length: number
  dropped: number
}

export interface NodeRow {
  name: string
  role: string
  region: string
  revision: number | undefined
  hash: string
  lagMs: number | undefined
  draining: boolean
  version: string
  queues: readonly QueueRow[]
  /** Requests that a proxy rejected since its start, by error code, most first. */
  refusals: readonly (readonly [code: string, count: number])[]
}

export interface TargetRow {
  model: string
  provider: string
  target: string
  weight: number | undefined
  health: string
  inFlight: number | undefined
  ttftMsP50: number | undefined
  ttftMsP99: number | undefined
  /** Shares of the target. Only latency routing sets them. */
  shareOfStreams: number | undefined
  shareOfWholes: number | undefined
  multiplier: number | undefined
}

/** What the latency part of the weights rests on. */
export interface WeightsRow {
  publisher: string
  ageMs: number | undefined
  stale: boolean
}

export interface TargetList {
  targets: readonly TargetRow[]
  weights: WeightsRow | undefined
}

export interface Readiness {
  status: string
  reasons: readonly string[]
}

export const fleetCalls = (client: Client) => ({
  nodes: (signal: AbortSignal): Answer<readonly NodeRow[]> =>
    client.call({ path: '/api/v1/nodes', signal, read: readNodes }),
  targets: (signal: AbortSignal): Answer<TargetList> =>
    client.call({ path: '/api/v1/targets', signal, read: readTargets }),
  readiness: (signal: AbortSignal): Answer<Readiness> =>
    client.call({ path: '/readyz?verbose', signal, alsoAnswers: [503], read: readReadiness }),
})

export function readNodes(body: unknown): readonly NodeRow[] {
  return listOf(recordOf(body)['nodes']).map((value) => {
    const node = recordOf(value)
    return {
      name: textOf(node['name']) || textOf(node['node']),
      role: textOf(node['role']),
      region: textOf(node['region']),
      revision: numberOf(node['revision']),
      hash: textOf(node['hash']),
      lagMs: numberOf(node['lagMs']),
      draining: node['draining'] === true,
      version: textOf(node['version']),
      queues: Object.entries(recordOf(node['queues'])).map(([name, queue]) => {
        const { length, dropped } = recordOf(queue)
        return { name, length: numberOf(length) ?? 0, dropped: numberOf(dropped) ?? 0 }
      }),
      refusals: Object.entries(recordOf(node['refusals']))
        .map(([code, count]) => [code, numberOf(count) ?? 0] as const)
        .sort((a, b) => b[1] - a[1]),
    }
  })
}

export function readTargets(body: unknown): TargetList {
  const { targets, weights } = recordOf(body)
  return { targets: listOf(targets).map(targetOf), weights: weights === undefined ? undefined : weightsOf(weights) }
}

function weightsOf(value: unknown): WeightsRow {
  const { publisher, ageMs, stale } = recordOf(value)
  return { publisher: textOf(publisher), ageMs: numberOf(ageMs), stale: stale === true }
}

function targetOf(value: unknown): TargetRow {
  const target = recordOf(value)
  const { p50, p99 } = recordOf(target['ttft'])
  const { stream, whole } = recordOf(target['share'])
  return {
    model: textOf(target['model']),
    provider: textOf(target['provider']),
    target: textOf(target['target']),
    weight: numberOf(target['weight']),
    health: textOf(target['health'], 'unknown'),
    inFlight: numberOf(target['inFlight']),
    ttftMsP50: numberOf(p50),
    ttftMsP99: numberOf(p99),
    shareOfStreams: numberOf(stream),
    shareOfWholes: numberOf(whole),
    multiplier: numberOf(target['multiplier']),
  }
}

export function readReadiness(body: unknown): Readiness {
  const { status, reasons } = recordOf(body)
  return { status: textOf(status, 'unknown'), reasons: listOf(reasons).map(reasonText) }
}

// A reason is a sentence or a tagged value; the tag goes first, its fields follow.
function reasonText(reason: unknown): string {
  if (typeof reason === 'string') return reason
  const { type, message, ...fields } = recordOf(reason)
  const details = Object.entries(fields).map(([name, value]) => `${name} ${textOf(value, JSON.stringify(value))}`)
  return [textOf(message) || textOf(type, 'unknown reason'), ...details].join(', ')
}
