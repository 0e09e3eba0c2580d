// Why records of a month may still be missing, a sentence each.
import type { SeenNode } from '../../nodes-view.ts'

export interface MissingOptions {
  /** Partitions without an answer that is up to date. */
  readonly stale: readonly { readonly partition: number; readonly ageMs: number }[]
  readonly nodes: readonly Pick<SeenNode, 'node' | 'role' | 'ageMs' | 'queues'>[]
  /** The time since the month's end. */
  readonly sinceEndMs: number
}

/** What is under way so long after the end of a month began after it. */
const underWayMs = 3_600_000
const silentMs = 5_000

export function missingRecords({ stale, nodes, sinceEndMs }: MissingOptions): string[] {
  const proxies = nodes.filter(({ role }) => role === 'proxy' || role === 'all')
  const isEarly = sinceEndMs < underWayMs
  return [
    ...stale.map(({ partition, ageMs }) => `partition ${partition} was last read ${seconds(ageMs)} ago`),
    ...proxies.flatMap(({ node, ageMs, queues }) => {
      if (ageMs > silentMs) return [`proxy ${node} has been silent for ${seconds(ageMs)}`]
      if (!isEarly) return []
      return [
        ...counted(queues['intents']?.length, (count) => `${count} attempts are under way at proxy ${node}`),
        ...counted(queues['telemetryUnconfirmed']?.length, (count) => `${count} records wait at proxy ${node}`),
      ]
    }),
  ]
}

function counted(count: number | undefined, told: (count: number) => string): string[] {
  return count === undefined || count === 0 ? [] : [told(count)]
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1_000)} s`
}
