// `/livez`, `/readyz` and `/metrics`: for load balancers and Prometheus, without credential unless metrics
// have a token; so they name no key, no team and no host.
import { z } from 'zod'
import type { Aggregators } from '../../../cluster/telemetry-query/aggregators.ts'
import type { Readiness } from '../../../shared/readiness.ts'
import type { Agreement } from '../agreement.ts'
import { json } from '../http/answer.ts'
import { problemBody, readinessBody } from './answers.ts'
import type { Route } from './route.ts'

export interface HealthOptions {
  aggregators: Aggregators
  readiness: Readiness
  revision: () => number
  agreement: Agreement
}

const prometheusMedia = 'text/plain; version=0.0.4; charset=utf-8'
const plainMedia = 'text/plain; charset=utf-8'

export function healthRoutes(options: HealthOptions): Route[] {
  const open = { method: 'GET', access: 'anyone', ignoresOtherQuery: true } as const
  return [
    {
      ...open,
      path: '/livez',
      summary: 'The process answers',
      answers: { 200: plainMedia },
      handle: () => ({ status: 200, headers: { 'content-type': plainMedia }, body: 'ok\n' }),
    },
    {
      ...open,
      path: '/readyz',
      summary: 'Whether the installation can serve; `?verbose` says why not',
      query: z.object({ verbose: z.string().optional() }),
      answers: { 200: readinessBody, 503: readinessBody },
      handle: ({ query }) => {
        const { status, reasons } = options.readiness.look()
        return json(status === 'unready' ? 503 : 200, query['verbose'] === undefined ? { status } : { status, reasons })
      },
    },
    {
      ...open,
      path: '/metrics',
      summary: 'Prometheus metrics of the whole installation; HEADGATE_METRICS_TOKEN makes them need a token',
      access: 'metrics-reader',
      answers: { 200: prometheusMedia, 401: problemBody },
      handle: async () => ({
        status: 200,
        headers: { 'content-type': prometheusMedia },
        body: `${await aggregatorMetrics(options.aggregators)}${ownMetrics(options)}`,
      }),
    },
  ]
}

/** Nothing while no aggregator answers: a scrape must still tell of the control node itself. */
async function aggregatorMetrics(aggregators: Aggregators): Promise<string> {
  const answer = await aggregators.metrics()
  const text = answer.ok ? answer.value : ''
  return text === '' || text.endsWith('\n') ? text : `${text}\n`
}

function ownMetrics({ revision, readiness, agreement }: HealthOptions): string {
  const ready = readiness.look().status
  return [
    '# HELP headgate_control_config_revision Newest revision of the configuration that the control node has applied.',
    '# TYPE headgate_control_config_revision gauge',
    `headgate_control_config_revision ${revision()}`,
    '# HELP headgate_control_ready 1 when nothing is wrong, 0.5 when degraded, 0 when it cannot serve.',
    '# TYPE headgate_control_ready gauge',
    `headgate_control_ready ${{ ok: 1, degraded: 0.5, unready: 0 }[ready]}`,
    '# HELP headgate_config_disagreements Revisions by which not all nodes mean the same.',
    '# TYPE headgate_config_disagreements gauge',
    `headgate_config_disagreements ${agreement.found.length}`,
    '',
  ].join('\n')
}
