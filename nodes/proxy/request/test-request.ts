// Requests for tests: a reply that remembers, a caller, a head, and a body that knows whether it was given back.
import type { Caller } from '../auth/callers.ts'
import { Callers } from '../auth/callers.ts'
import type { Body, HeaderLines, Reply, RequestHead } from '../http/http.ts'
import { type MatchedOperation, matchOperation } from '../operations/match-path.ts'
import type { Target } from '../providers/endpoint.ts'
import { directRoute, type ModelRoute } from '../routing/model-route.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'
import { type AuthenticatedRequest, withBody } from './authenticated-request.ts'

/** Remembers what a caller was sent. */
export class TestReply implements Reply {
  gone = false
  onGone: (() => void) | undefined
  onWritable: (() => void) | undefined
  status = 0
  headers: HeaderLines = []
  /** What was written, whole answers and streams alike. */
  text = ''
  ended = false
  aborted = false
  /** Whether writes are answered with `full`. */
  full = false

  send(status: number, headers: HeaderLines, body: Uint8Array | string): void {
    if (this.gone) return
    this.status = status
    this.headers = headers
    this.text += Buffer.from(body).toString()
    this.ended = true
  }

  begin(status: number, headers: HeaderLines): void {
    this.status = status
    this.headers = headers
  }

  write(chunk: Uint8Array | string): 'sent' | 'full' | 'gone' {
    if (this.gone) return 'gone'
    this.text += Buffer.from(chunk).toString()
    return this.full ? 'full' : 'sent'
  }

  end(): void {
    this.ended = true
  }

  abort(): void {
    this.aborted = true
    this.leave()
  }

  /** The caller leaves. */
  leave(): void {
    this.gone = true
    this.onGone?.()
  }

  header(name: string): string | undefined {
    const at = this.headers.indexOf(name)
    return at < 0 ? undefined : this.headers[at + 1]
  }
}

/** Counts how often it was given back. */
export class TestBody implements Body {
  readonly bytes: Buffer
  released = 0

  constructor(body: object | string) {
    this.bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  }

  release(): void {
    this.released++
  }
}

export function testHead({
  method = 'POST',
  path = '/v1/chat/completions',
  query = '',
  authorization,
  headers = {},
}: Partial<Pick<RequestHead, 'method' | 'path' | 'query' | 'authorization'>> & {
  headers?: Readonly<Record<string, string>>
} = {}): RequestHead {
  return {
    method,
    path,
    query,
    authorization,
    apiKey: headers['x-api-key'],
    contentType: headers['content-type'],
    requestId: headers['x-request-id'],
    header: (name) => headers[name],
  }
}

export const testCaller: Caller = {
  keyId: 'key_1',
  tokenHash: 'hash',
  team: 'search',
  user: '',
  app: '',
  costCenter: '4711',
  expiresAtMs: Number.POSITIVE_INFINITY,
  models: undefined,
}

/** A snapshot whose models are `routes`, and whose providers have `accounts`. */
export function testSnapshot(
  routes: Readonly<Record<string, ModelRoute<Target>>> = {},
  accounts: Readonly<Record<string, Target>> = {},
): Snapshot {
  return {
    revision: 7,
    revisionText: '7',
    callers: new Callers({ tokens: new Map(), keys: new Map(), resources: {} } as never),
    routeOf: (model) => routes[model],
    accountOf: (provider) => accounts[provider],
    providerNames: Object.keys(accounts),
    modelNames: Object.keys(routes),
    everyRoute: () => Object.values(routes),
  }
}

export interface TestRequestOptions {
  readonly head?: RequestHead
  readonly body?: object | string
  readonly snapshot?: Snapshot
  readonly caller?: Caller
  /** Monotonic. */
  readonly startedMs?: number
}

export interface TestRequest {
  readonly request: AuthenticatedRequest
  readonly reply: TestReply
  readonly body: TestBody
}

/** A request as admission makes it. */
export function testRequest({
  head = testHead(),
  body: text = {},
  snapshot = testSnapshot(),
  caller = testCaller,
  startedMs = 0,
}: TestRequestOptions = {}): TestRequest {
  const found = matchOperation(head)
  if (!found.ok) throw new Error(`nothing is served at ${head.path}`)
  const matched: MatchedOperation = found.value
  const [reply, body] = [new TestReply(), new TestBody(text)]
  const { operation } = matched
  const user = caller.user
  const admitted = { id: 'req_1', operation, matched, caller, user, snapshot, head, reply, receivedAtMs: 1_000 }
  return { request: withBody(admitted, body, startedMs), reply, body }
}

/** The only route to a target. */
export function routeTo(model: string, target: Target): ModelRoute<Target> {
  return directRoute(model, target)
}
