// A small real handler in the place of the pipeline: it asks for a key, knows a few routes and answers in JSON. Tests only.

import './header-limit.ts'

import { systemClock } from '../../../shared/clock.ts'
import type { Notice } from '../../../shared/notice.ts'
import type { Body, HttpError, HttpHandler, HttpServer, HttpServerOptions, Reply, RequestHead } from './http.ts'
import { startHttpServer } from './server.ts'

export const key = 'sk-test'

const statusOf = {
  'bad-framing': 400,
  'body-too-large': 413,
  'length-required': 411,
  'unsupported-media-type': 415,
  'bad-content-type': 400,
  'unsupported-encoding': 415,
  'expectation-failed': 417,
  'unknown-host': 421,
  overloaded: 503,
  'no-body-memory': 503,
  internal: 500,
} as const satisfies Record<HttpError['type'], number>

type Route = (head: RequestHead, body: Body, reply: Reply) => void

export class TestHandler implements HttpHandler {
  /** `METHOD path` of each request that reached the handler. */
  readonly heads: string[] = []
  /** The text of each body that arrived whole. */
  readonly bodies: string[] = []
  readonly routes = new Map<string, Route>()
  gone = 0
  onHeadHook: ((head: RequestHead, reply: Reply) => void) | undefined

  constructor() {
    this.routes.set('/v1/echo', (head, body, reply) => {
      reply.send(200, jsonHeaders(head), body.bytes)
      body.release()
    })
    this.routes.set('/v1/later', (head, body, reply) => {
      setTimeout(() => {
        reply.send(200, jsonHeaders(head), JSON.stringify({ bytes: body.bytes.length }))
        body.release()
      }, 30)
    })
  }

  onHead(head: RequestHead, reply: Reply): ((body: Body) => void) | undefined {
    this.heads.push(`${head.method} ${head.path}`)
    reply.onGone = () => this.gone++
    this.onHeadHook?.(head, reply)
    const route = this.routes.get(head.path)
    if (route === undefined) return this.#refuse(head, reply, 404, 'not_found', [])
    if (head.method !== 'POST' && head.method !== 'GET' && head.method !== 'HEAD') {
      return this.#refuse(head, reply, 405, 'method_not_allowed', ['allow', 'GET, HEAD, POST'])
    }
    if (head.authorization !== `Bearer ${key}`) {
      return this.#refuse(head, reply, 401, 'missing_api_key', ['www-authenticate', 'Bearer'])
    }
    return (body) => {
      this.bodies.push(body.bytes.toString())
      route(head, body, reply)
    }
  }

  answerOf(head: RequestHead | undefined, error: HttpError) {
    const headers = [...jsonHeaders(head)]
    if ('retryAfterMs' in error) headers.push('retry-after', String(Math.ceil(error.retryAfterMs / 1_000)))
    return { status: statusOf[error.type], headers, body: JSON.stringify({ error: error }) }
  }

  #refuse(head: RequestHead, reply: Reply, status: number, code: string, headers: readonly string[]): undefined {
    reply.send(status, [...jsonHeaders(head), ...headers], JSON.stringify({ error: { code } }))
    return undefined
  }
}

export function jsonHeaders(head: RequestHead | undefined): string[] {
  return ['content-type', 'application/json', 'x-request-id', head?.requestId ?? 'made']
}

export interface TestServer {
  readonly server: HttpServer
  readonly handler: TestHandler
  readonly notices: Notice[]
  readonly port: number
}

export async function startTestServer(
  options: Partial<HttpServerOptions> = {},
  handler = new TestHandler(),
  clock = systemClock,
): Promise<TestServer> {
  const notices: Notice[] = []
  const all = { host: '127.0.0.1', port: 0, bodyBytesMax: 1 << 20, hosts: [], trustedProxies: [], ...options }
  const server = await startHttpServer(all, handler, { clock, notify: (notice) => notices.push(notice) })
  return { server, handler, notices, port: server.port }
}
