// The ops port of one process (`HEADGATE_OPS_PORT`): is it alive, is it ready and why not, and its metrics. No credential
// is needed, except for metrics when a token is configured, and no key is named. With every role in one process it is off unless it is asked for, because the control port
// says the same.
import type { IncomingMessage } from 'node:http'
import { type Bus, encodeJson, subjects } from '../../cluster/bus/bus.ts'
import { cannotListen } from '../../cluster/http-port/cannot-listen.ts'
import { type HttpPort, openHttpPort } from '../../cluster/http-port/http-port.ts'
import type { MetricsAccess } from '../../cluster/http-port/metrics-access.ts'
import { bounds } from '../../shared/bounds.ts'
import type { Clock } from '../../shared/clock.ts'
import type { NodeStanding } from './node-standing.ts'

export interface OpsOptions {
  readonly host: string
  readonly port: number
  readonly clock: Clock
  readonly metricsAccess: MetricsAccess
  readonly standing: Pick<NodeStanding, 'look' | 'metrics'>
  /** The bus to an aggregator that knows the figures of the whole process; without one, heartbeats are shown. */
  readonly installation?: Bus | undefined
}

interface Answer {
  readonly status: number
  readonly type: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
}

const metricsTimeoutMs = 2_000

/** Rejects, naming the variable, when the port cannot be had: no two processes ever share one. */
export async function startOpsServer(options: OpsOptions): Promise<HttpPort> {
  const port = openHttpPort({
    name: 'the ops port',
    openMax: bounds.opsConnectionsMax,
    reserveMax: bounds.healthConnectionsMax,
    clock: options.clock,
    serve: (request, response) => {
      void answerTo(request, options).then(({ status, type, headers, body }) => {
        response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store', ...headers })
        response.end(request.method === 'HEAD' ? undefined : body)
      })
    },
  })
  await new Promise<void>((resolve, reject) => {
    port.server.once('error', ({ code }: NodeJS.ErrnoException) => {
      reject(new Error(cannotListen({ variable: 'HEADGATE_OPS_PORT', host: options.host, port: options.port, code })))
    })
    port.server.listen(options.port, options.host, resolve)
  })
  return port
}

async function answerTo({ method, url = '', headers }: IncomingMessage, options: OpsOptions): Promise<Answer> {
  if (method !== 'GET' && method !== 'HEAD') return json(405, { status: 'method not allowed' })
  const [path, query = ''] = url.split('?')
  if (path === '/livez') return json(200, { status: 'ok' })
  if (path === '/readyz') return readiness(options, new URLSearchParams(query).has('verbose'))
  if (path === '/metrics') return options.metricsAccess.allows(headers.authorization) ? metrics(options) : unauthorized
  return json(404, { status: 'unknown path' })
}

function readiness({ standing }: OpsOptions, isVerbose: boolean): Answer {
  const { status, reasons } = standing.look()
  return json(status === 'unready' ? 503 : 200, isVerbose ? { status, reasons } : { status })
}

async function metrics({ standing, installation }: OpsOptions): Promise<Answer> {
  const figures =
    installation === undefined
      ? undefined
      : await installation.request(subjects.aggregatorQuery, encodeJson({ type: 'metrics' }), metricsTimeoutMs)
  const told = figures?.ok === true ? new TextDecoder().decode(figures.value) : ''
  // Without an aggregator the process still tells of itself.
  const body = `${told}${standing.metrics(figures?.ok !== true)}`
  return { status: 200, type: 'text/plain; version=0.0.4; charset=utf-8', body }
}

const unauthorized: Answer = {
  status: 401,
  type: 'application/json',
  headers: { 'www-authenticate': 'Bearer realm="headgate"' },
  body: JSON.stringify({ status: 'HEADGATE_METRICS_TOKEN is needed' }),
}

function json(status: number, value: unknown): Answer {
  return { status, type: 'application/json', body: JSON.stringify(value) }
}
