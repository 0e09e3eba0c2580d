// The metrics of one process, for its ops port. Figures of requests and tokens are the aggregators'.
import { type Notice, noticeLevel } from '../../shared/notice.ts'
import type { Standing } from '../../shared/readiness.ts'
import { nodeMetrics } from '../../shared/telemetry/answers/node-metrics.ts'
import { type Labels, PrometheusText } from '../../shared/telemetry/answers/prometheus-text.ts'
import type { NodeHeartbeat, NodeRole } from '../../shared/telemetry/records.ts'

export interface ProcessFacts {
  readonly node: string
  readonly role: NodeRole
  readonly standing: Standing
  readonly beats: readonly NodeHeartbeat[]
  readonly threads: readonly { part: string; restarts: number }[]
  readonly notices: ReadonlyMap<Notice['type'], number>
}

export function processMetrics({ node, role, standing, beats, threads, notices }: ProcessFacts): string {
  const page = new PrometheusText()
  if (beats.length > 0) nodeMetrics(page, beats)
  const labels: Labels = { node, role }
  page.gauge('headgate_process_ready', '1 when nothing is wrong, 0.5 when degraded, 0 when it cannot serve.', [
    [labels, { ok: 1, degraded: 0.5, unready: 0 }[standing.status]],
  ])
  page.gauge('headgate_process_troubles', 'Reasons why a process is not wholly well.', [
    [labels, standing.reasons.length],
  ])
  page.counter(
    'headgate_thread_restarts_total',
    'Threads that ended and were started again.',
    threads.map(({ part, restarts }) => [{ node, part }, restarts]),
  )
  page.counter(
    'headgate_notices_total',
    'What a process has told its operator, by kind.',
    [...notices].map(([type, count]) => [{ node, type, level: noticeLevel[type] }, count]),
  )
  return page.text()
}
