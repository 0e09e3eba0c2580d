// The nodes of the installation, by their heartbeats.
import { json } from '../http/answer.ts'
import type { NodesView } from '../nodes-view.ts'
import { nodesBody } from './answers.ts'
import type { Route } from './route.ts'

export function nodeRoutes(nodes: NodesView): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/v1/nodes',
      summary: 'Every node that was heard of lately',
      access: 'administrator',
      answers: { 200: nodesBody },
      handle: () =>
        json(200, {
          nodes: nodes.list().map(({ node, atMs: _, targets: __, ...rest }) => ({ name: node, ...rest })),
        }),
    },
  ]
}
