// The ops port of one process (`HEADGATE_OPS_PORT`): is it alive, is it ready, and its metrics. No credential is needed and
// no key is named. Off unless it is asked for, because the control port says the same of the whole installation.
import { createServer, type Server } from 'node:http'
import { type Bus, encodeJson, subjects } from '../cluster/bus/bus.ts'

export interface OpsOptions {
  readonly host: string
  readonly port: number
  readonly bus: Bus
  isReady(): boolean
}

interface Answer {
  readonly status: number
  readonly type: string
  readonly body: string | Uint8Array
}

const metricsTimeoutMs = 2_000

export async function startOpsServer(options: OpsOptions): Promise<Server> {
  const server = createServer((request, response) => {
    void answerTo(request.method ?? '', (request.url ?? '').split('?')[0]!, options).then(({ status, type, body }) => {
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' })
      response.end(request.method === 'HEAD' ? undefined : body)
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.host, resolve)
  })
  return server
}

async function answerTo(method: string, path: string, { bus, isReady }: OpsOptions): Promise<Answer> {
  if (method !== 'GET' && method !== 'HEAD') return json(405, { status: 'method not allowed' })
  if (path === '/livez') return json(200, { status: 'ok' })
  if (path === '/readyz') return isReady() ? json(200, { status: 'ok' }) : json(503, { status: 'unavailable' })
  if (path !== '/metrics') return json(404, { status: 'unknown path' })
  const metrics = await bus.request(subjects.aggregatorQuery, encodeJson({ type: 'metrics' }), metricsTimeoutMs)
  if (!metrics.ok) return json(503, { status: 'the aggregator does not answer' })
  return { status: 200, type: 'text/plain; version=0.0.4; charset=utf-8', body: metrics.value }
}

function json(status: number, value: unknown): Answer {
  return { status, type: 'application/json', body: JSON.stringify(value) }
}
