// `/livez` and `/readyz` of the data port. They need no key. A proxy that wants to share the port learns here whether it is one
// of the same cluster.
import type { Standing } from '../../../shared/readiness.ts'
import { clusterMarkHeader, type Reply, type RequestHead } from '../http/http.ts'
import { readyPaths } from '../operations/match-path.ts'

export interface HealthFacts {
  readonly id: string
  readonly isReady: boolean
  /** Marks of the master keys that this process accepts. */
  readonly clusterMarks: readonly string[]
  standing(): Standing
}

export function answerHealth(head: RequestHead, reply: Reply, facts: HealthFacts): void {
  const { id, isReady, clusterMarks } = facts
  const isReadiness = readyPaths.includes(head.path)
  const isHealthy = isReady || !isReadiness
  const isVerbose = isReadiness && new URLSearchParams(head.query).has('verbose')
  const body = isVerbose ? JSON.stringify(verdictOf(facts)) : isHealthy ? '{"status":"ok"}' : '{"status":"unavailable"}'
  const headers = ['content-type', 'application/json', 'x-request-id', id]
  const mark = head.header(clusterMarkHeader)
  if (mark !== undefined && clusterMarks.includes(mark)) headers.push(clusterMarkHeader, mark)
  reply.send(isHealthy ? 200 : 503, headers, body)
}

/** Whether requests are taken is known here; what is wrong is known to all parts together. */
function verdictOf({ isReady, standing }: HealthFacts): Standing {
  const { status, reasons } = standing()
  if (!isReady) return { status: 'unready', reasons }
  return { status: status === 'unready' ? 'degraded' : status, reasons }
}
