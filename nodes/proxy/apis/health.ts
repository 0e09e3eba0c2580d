// `/livez` and `/readyz` of the data port. They need no key. A proxy that wants to share the port learns here whether it is one
// of the same cluster.
import { clusterMarkHeader, type Reply, type RequestHead } from '../http/http.ts'
import { readyPaths } from '../operations/match-path.ts'

export interface HealthFacts {
  readonly id: string
  readonly isReady: boolean
  readonly clusterMark: string
}

export function answerHealth(head: RequestHead, reply: Reply, { id, isReady, clusterMark }: HealthFacts): void {
  const isHealthy = isReady || !readyPaths.includes(head.path)
  const body = isHealthy ? '{"status":"ok"}' : '{"status":"unavailable"}'
  const headers = ['content-type', 'application/json', 'x-request-id', id]
  if (head.header(clusterMarkHeader) === clusterMark) headers.push(clusterMarkHeader, clusterMark)
  reply.send(isHealthy ? 200 : 503, headers, body)
}
