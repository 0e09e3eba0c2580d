// `/livez` and `/readyz` of the data port. They need no key.
import type { Reply, RequestHead } from '../http/http.ts'
import { readyPaths } from '../operations/match-path.ts'

export function answerHealth(head: RequestHead, reply: Reply, { id, isReady }: { id: string; isReady: boolean }): void {
  const isHealthy = isReady || !readyPaths.includes(head.path)
  const body = isHealthy ? '{"status":"ok"}' : '{"status":"unavailable"}'
  reply.send(isHealthy ? 200 : 503, ['content-type', 'application/json', 'x-request-id', id], body)
}
