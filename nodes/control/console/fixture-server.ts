// What the console talks to in its tests: a real HTTP server with the built files, the page policy of the control node,
// and the admin API's answers as recorded from one. It holds just enough state to sign in, make a key and see a request.
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import {
  attemptItems,
  hostileText,
  nodesBody,
  requestRecord,
  sessionBody,
  targetsBody,
  usageBody,
} from './fixture-answers.ts'

export const policy = "default-src 'self'; script-src 'self'; style-src 'self'; frame-ancestors 'none'"
export const adminToken = 'admin-token-of-the-fixture'

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
  #csrf = ''
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
    const isSignedIn = this.#cookie !== undefined && request.headers.cookie?.includes(this.#cookie) === true
    if (!isSignedIn || request.headers['x-headgate-csrf'] !== this.#csrf) {
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
    this.#csrf = `csrf-${this.#cookie}`
    const cookie = `headgate=${this.#cookie}; Path=/; HttpOnly; SameSite=Lax`
    return { status: 200, body: { ...sessionBody, csrf: this.#csrf }, headers: { 'set-cookie': cookie } }
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
