// The nodes of the installation, by their heartbeats.
import type { Agreement } from '../agreement.ts'
import { json } from '../http/answer.ts'
import type { NodesView, SeenNode } from '../nodes-view.ts'
import { nodesBody } from './answers.ts'
import type { Route } from './route.ts'

export interface NodeRouteOptions {
  nodes: NodesView
  agreement: Agreement
}

export function nodeRoutes({ nodes, agreement }: NodeRouteOptions): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/v1/nodes',
      summary: 'Every node that was heard of lately',
      access: 'administrator',
      answers: { 200: nodesBody },
      handle: () => {
        const others = new Set(agreement.found.flatMap((one) => one.nodes))
        return json(200, { nodes: nodes.list().map((node) => shown(node, !others.has(node.node))) })
      },
    },
  ]
}

function shown(seen: SeenNode, agrees: boolean) {
  const { node: name, atMs: _, beat: ____, targets: __, refusals: ___, process, troubles = [], ...rest } = seen
  return { name, ...rest, agrees, troubles, ...(process === undefined ? {} : { load: process }) }
}
