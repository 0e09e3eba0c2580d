// What the console talks to in its tests: a real HTTP server with the built files, the page policy of the control node,
// and the admin API's answers as recorded from one. It holds just enough state to sign in, make a key and see a request.
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'

export const policy = "default-src 'self'; script-src 'self'; style-src 'self'; frame-ancestors 'none'"
export const adminToken = 'admin-token-of-the-fixture'
/** What an upstream, a caller or a careless administrator may put into any name. */
export const hostileText = `"><img src=x onerror="window.hit=1"><script>window.hit=1</script>`

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
}

interface Reply {
  status: number
  body?: unknown
  headers?: Record<string, string>
}

export class FixtureServer {
  readonly #folder: string
  readonly #server = createServer((request, response) => void this.#handle(request, response))
  readonly #links = new Set<string>()
  readonly #requests: ReturnType<typeof requestRecord>[] = []
  #cookie: string | undefined
  #keysMade = 0
  /** Answers every API call with 503 while set. */
  isDown = false
  readiness: { status: string; reasons: string[] } = { status: 'ok', reasons: [] }
  /** The queries of the request history, in order. */
  readonly requestQueries: string[] = []
  objectives: object = { items: [], events: [] }

  constructor(folder: string) {
    this.#folder = folder
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  makeLink(): string {
    const token = `link-${this.#links.size}`
    this.#links.add(token)
    return `/sign-in?token=${token}`
  }

  endSession(): void {
    this.#cookie = undefined
  }

  addRequest(fields: Partial<ReturnType<typeof requestRecord>> = {}): void {
    this.#requests.unshift({ ...requestRecord(this.#requests.length), ...fields })
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://fixture')
    const isApi = url.pathname.startsWith('/api/') || url.pathname === '/readyz'
    if (!isApi) return this.#sendFile(url.pathname, response)
    const reply = await this.#answer(request, url)
    const type = reply.status < 400 ? 'application/json' : 'application/problem+json'
    response.writeHead(reply.status, { 'content-type': type, ...reply.headers })
    response.end(reply.body === undefined ? undefined : JSON.stringify(reply.body))
  }

  async #answer(request: IncomingMessage, url: URL): Promise<Reply> {
    if (this.isDown) return problem(503, 'No aggregator answers.')
    if (url.pathname === '/readyz') return { status: 200, body: this.readiness }
    const path = url.pathname.slice('/api/v1'.length)
    if (request.method === 'POST' && path === '/session') return this.#signIn(await bodyOf(request))
    if (this.#cookie === undefined || !request.headers.cookie?.includes(this.#cookie)) {
      return problem(401, 'Nobody is signed in here.')
    }
    switch (`${request.method} ${path}`) {
      case 'GET /session':
        return { status: 200, body: sessionBody }
      case 'DELETE /session':
        this.#cookie = undefined
        return { status: 204 }
      case 'POST /keys':
        return this.#makeKey(await bodyOf(request))
      case 'GET /keys':
        return { status: 200, body: { items: [{ id: 'key-other', name: hostileText }] } }
      case 'GET /models':
        return { status: 200, body: { items: ['fast', 'smart', hostileText].map((name) => ({ name, spec: {} })) } }
      case 'GET /requests':
        return this.#listRequests(url.searchParams)
      case 'GET /usage':
        return { status: 200, body: usageBody(this.#requests.length) }
      case 'GET /nodes':
        return { status: 200, body: nodesBody }
      case 'GET /targets':
        return { status: 200, body: targetsBody }
      case 'GET /slos':
        return { status: 200, body: this.objectives }
      default:
        return this.#oneRequest(path)
    }
  }

  /** Applies the filter before the limit, as an aggregator does. */
  #listRequests(query: URLSearchParams): Reply {
    this.requestQueries.push(query.toString())
    const [status, text] = [query.get('status'), query.get('text')?.toLowerCase()]
    const found = this.#requests
      .filter((record) => status === null || record.status === status)
      .filter(({ id, model }) => text === undefined || `${id} ${model}`.toLowerCase().includes(text))
    return { status: 200, body: { items: found.slice(0, Number(query.get('limit'))) } }
  }

  #signIn(body: Record<string, unknown>): Reply {
    const { token, adminToken: given } = body
    const holds = given === adminToken || (typeof token === 'string' && this.#links.delete(token))
    if (!holds) return problem(401, 'This link or token does not open a session.')
    this.#cookie = `session-${process.hrtime.bigint()}`
    const cookie = `headgate=${this.#cookie}; Path=/; HttpOnly; SameSite=Lax`
    return { status: 200, body: sessionBody, headers: { 'set-cookie': cookie } }
  }

  #makeKey({ name }: Record<string, unknown>): Reply {
    if (name === 'taken') {
      return {
        status: 422,
        body: { title: 'Invalid', problems: [{ path: 'name', message: 'is in use by another key' }] },
      }
    }
    this.#keysMade += 1
    const id = `key-${this.#keysMade}`
    return { status: 201, body: { id, name, secret: `hg_${id}_4f1c2a9d8b7e6f5a4d3c2b1a09f8e7d6c5b4a392`, revision: 7 } }
  }

  #oneRequest(path: string): Reply {
    const id = decodeURIComponent(path.replace('/requests/', ''))
    const record = this.#requests.find((known) => known.id === id)
    if (record === undefined) return problem(404, 'There is no such request in the history.')
    return { status: 200, body: { ...record, attempts: attemptItems } }
  }

  async #sendFile(path: string, response: ServerResponse): Promise<void> {
    const name = extname(path) === '' ? 'index.html' : path.slice(1)
    try {
      const bytes = await readFile(join(this.#folder, name))
      const type = types[extname(name)] ?? 'application/octet-stream'
      response.writeHead(200, { 'content-type': type, 'content-security-policy': policy }).end(bytes)
    } catch {
      response.writeHead(404).end()
    }
  }
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return JSON.parse(Buffer.concat(chunks).toString())
}

function problem(status: number, detail: string): Reply {
  return {
    status,
    body: { type: 'about:blank', title: status === 401 ? 'Sign in first' : `Status ${status}`, status, detail },
  }
}

function requestRecord(index: number) {
  return {
    id: `req_01k${index.toString().padStart(4, '0')}`,
    at: new Date(new Date().setHours(9, 30, 0, 0) + index * 1_370).toISOString(),
    route: '/v1/chat/completions',
    status: 'ok',
    httpStatus: 200,
    errorCode: '',
    key: 'key-other',
    team: 'search',
    user: '',
    app: '',
    costCenter: '4711',
    model: 'fast',
    provider: 'openai',
    target: 'gpt-4o-mini',
    stream: index % 2 === 0,
    attempts: 1,
    fallbackIndex: 0,
    cacheStatus: 'BYPASS',
    estimated: false,
    inputTokens: 412 + index * 7,
    outputTokens: 128 + index,
    cachedTokens: 0,
    costUsd: 0.000_138_4 + index * 0.000_000_9,
    savedUsd: 0,
    totalMs: 812.4 + index * 11,
    overheadMs: 0.184,
    ttftMs: index % 2 === 0 ? 231 : 0,
    configRevision: 7,
  }
}

const sessionBody = {
  actor: 'console',
  expiresAt: '2030-01-01T00:00:00.000Z',
  dataEndpoint: 'http://127.0.0.1:8080',
  version: '0.1.0',
  demoKeyHint: 'hg_6aVd2',
}

const attempt = { outcome: 'ok', upstreamStatus: 200, firstByteMs: 181.2, ttftMs: 231, totalMs: 640.4, costUsd: 0 }
const attemptItems = [
  {
    ...attempt,
    index: 0,
    provider: 'openai',
    target: 'gpt-4o-mini',
    outcome: 'http-error',
    upstreamStatus: 503,
    upstreamText: 'The model is overloaded.',
    ttftMs: 0,
  },
  { ...attempt, index: 1, provider: 'local', target: hostileText, costUsd: 0.000_138_4 },
]

function usageBody(requests: number) {
  const row = (model: string, share: number) => ({
    model,
    requests: Math.ceil(requests * share),
    errors: share < 0.2 ? 1 : 0,
    inputTokens: 18_311 * share * requests,
    outputTokens: 6_120 * share * requests,
    costUsd: model.startsWith('demo/') ? 0 : 0.0421 * share * requests,
  })
  const rejectedOnly = { ...row('', 0), errors: 1 }
  return { rows: requests === 0 ? [] : [row('fast', 0.6), row('demo/echo', 0.3), row(hostileText, 0.1), rejectedOnly] }
}

const hash = '9f2ab8c1d4e5f60718293a4b5c6d7e8f9f2ab8c1d4e5f60718293a4b5c6d7e8f'
const node = { region: 'local', revision: 7, hash, lagMs: 0, draining: false, version: '0.1.0' }
const nodesBody = {
  nodes: [
    { ...node, name: 'n-4f1c', role: 'aggregator', queues: { usage: { length: 3, dropped: 0 } } },
    { ...node, name: 'n-4f1c', role: 'control', queues: {} },
    {
      ...node,
      name: hostileText.slice(0, 31),
      role: 'proxy',
      draining: true,
      lagMs: 4_200,
      queues: { usage: { length: 12, dropped: 2 }, telemetry: { length: 0, dropped: 0 } },
      refusals: { invalid_api_key: 41, unknown_path: 3 },
    },
  ],
}

const targetsBody = {
  targets: [
    {
      model: 'fast',
      provider: 'openai',
      target: 'gpt-4o-mini',
      weight: 70,
      health: 'healthy',
      inFlight: 14,
      ttft: { p50: 231.4, p99: 1_120 },
      share: { stream: 0.842, whole: 0.79 },
      multiplier: 1,
    },
    {
      model: 'fast',
      provider: 'local',
      target: 'llama-3.1-8b',
      weight: 30,
      health: 'ejected',
      inFlight: 0,
      ttft: {},
      share: { stream: 0.158, whole: 0.21 },
      multiplier: 0.2813,
    },
    {
      model: 'demo/echo',
      provider: 'demo',
      target: 'echo',
      weight: 1,
      health: 'healthy',
      inFlight: 1,
      ttft: { p50: 20.2, p99: 24 },
    },
    { model: hostileText, provider: hostileText, target: hostileText, weight: 1, health: hostileText, inFlight: 0 },
  ],
}

const burn = { '1m': 0, '5m': 0, '30m': 0.2, '1h': 0.4, '6h': 0.7, '3d': 0.6 }
const burning = { '1m': 61.2, '5m': 54.9, '30m': 22.1, '1h': 14.8, '6h': 3.9, '3d': 0.9 }
const firing = { id: 'a', severity: 'page', since: '2026-11-25T09:30:00.000Z', rule: { burn: 50, windowSeconds: 300 } }
const event = { severity: 'page', at: firing.since, since: firing.since, rule: firing.rule, burn: burning }

/** Three objectives, of which one burns, as an aggregator judged them. */
export function objectivesBody({ stale = false } = {}) {
  const status = { state: 'ok', burn, budgetRemaining: 0.812, good: 182_004, total: 182_041, alerts: [], stale }
  return {
    items: [
      {
        name: 'fast-answers',
        spec: { match: { model: 'fast' }, objective: 'availability', target: 0.999, window: '30d' },
        status: { ...status, state: 'page', burn: burning, budgetRemaining: -0.214, alerts: [firing] },
      },
      {
        name: 'fast-first-token',
        spec: { match: { model: 'fast', team: 'search' }, objective: 'ttft', threshold: '1s', target: 0.95 },
        status,
      },
      { name: hostileText.slice(0, 60), spec: { match: { team: hostileText }, objective: 'total', threshold: '10s' } },
    ],
    evaluation: {
      publisher: 'n-4f1c',
      epoch: 3,
      revision: 9,
      ageMs: stale ? 74_000 : 420,
      stale,
      silentPartitions: [],
    },
    events: [
      { ...event, id: 'a/firing', type: 'firing', slo: 'fast-answers', delivery: 'delivered' },
      {
        ...event,
        id: 'b/resolved',
        type: 'resolved',
        slo: 'fast-first-token',
        severity: 'ticket',
        delivery: 'waiting',
      },
      { ...event, id: 'c/firing', type: 'firing', slo: hostileText, severity: 'ticket', delivery: 'none' },
    ],
  }
}
