// The nodes of the installation, by their heartbeats.
import type { Aggregators } from '../../../cluster/telemetry-query/aggregators.ts'
import type { Agreement } from '../agreement.ts'
import { json } from '../http/answer.ts'
import type { NodesView, SeenNode } from '../nodes-view.ts'
import { nodesBody } from './answers.ts'
import type { Route } from './route.ts'

export interface NodeRouteOptions {
  nodes: NodesView
  agreement: Agreement
  aggregators: Aggregators
}

export function nodeRoutes({ nodes, agreement, aggregators }: NodeRouteOptions): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/v1/nodes',
      summary: 'Every node that was heard of lately',
      access: 'administrator',
      answers: { 200: nodesBody },
      handle: () => {
        const others = new Set(agreement.found.flatMap((one) => one.nodes))
        const listed = nodes.list().map((node) => ({
          ...shown(node, !others.has(node.node)),
          ...usageOf(node, aggregators),
        }))
        return json(200, { nodes: listed })
      },
    },
  ]
}

function shown(seen: SeenNode, agrees: boolean) {
  const { node: name, atMs: _, beat: ____, targets: __, process, troubles = [], ...rest } = seen
  return { name, ...rest, agrees, troubles, ...(process === undefined ? {} : { load: process }) }
}

/** Partitions of usage that a node keeps and owns. Only an aggregator in a cluster has them. */
function usageOf({ node, role }: SeenNode, aggregators: Aggregators) {
  if (role !== 'aggregator' && role !== 'all') return {}
  const kept = aggregators.keptBy(node)
  if (kept === undefined) return {}
  const partitions = kept.map(({ partition, epoch, lagMs, completeSinceMs }) => ({
    partition,
    lagMs,
    ...(epoch === undefined ? {} : { ownerEpoch: epoch }),
    ...(completeSinceMs <= latestTimeMs ? { completeSince: new Date(completeSinceMs).toISOString() } : {}),
  }))
  return { usage: partitions.sort((a, b) => a.partition - b.partition) }
}

/** What `Date` can show. */
const latestTimeMs = 8.64e15
