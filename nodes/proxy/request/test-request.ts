// Requests for tests: a reply that remembers, a caller, a head, and a body that knows whether it was given back.
import { Blocks } from '../auth/blocks.ts'
import { type Caller, Callers } from '../auth/callers.ts'
import { headersIn, noLines } from '../http/checked-lines.ts'
import type { Body, HeaderLines, Reply, RequestHead } from '../http/http.ts'
import { type MatchedOperation, matchOperation } from '../operations/match-path.ts'
import type { Target } from '../providers/endpoint.ts'
import { directRoute, type ModelRoute } from '../routing/model-route.ts'
import { BareNames } from '../snapshot/bare-names.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'
import { type AuthenticatedRequest, withBody } from './authenticated-request.ts'

/** A reply that remembers what a caller was sent. As with the real one, every call after its end is a no-op, and an order of calls that the
 *  real one takes for a bug throws. */
export class TestReply implements Reply {
  gone = false
  place: Reply['place']
  onGone: (() => void) | undefined
  onWritable: (() => void) | undefined
  status = 0
  headers: HeaderLines = []
  /** What was written, whole answers and streams alike. */
  text = ''
  /** Whether the answer is complete. */
  ended = false
  aborted = false
  /** Whether writes are answered with `full`. */
  full = false

  send(status: number, headers: HeaderLines, body: Uint8Array | string, lines = noLines): void {
    if (this.gone) return
    if (this.text !== '') throw new Error('a whole answer was sent into a stream')
    this.status = status
    this.headers = [...headers, ...headersIn(lines)]
    this.text = Buffer.from(body).toString()
    this.#finish()
  }

  begin(status: number, headers: HeaderLines, lines = noLines): void {
    if (this.gone) return
    if (this.status !== 0) throw new Error('an answer was begun twice')
    this.status = status
    this.headers = [...headers, ...headersIn(lines)]
  }

  write(chunk: Uint8Array | string): 'sent' | 'full' | 'gone' {
    if (this.gone) return 'gone'
    if (this.status === 0) throw new Error('bytes were written before the answer was begun')
    this.text += Buffer.from(chunk).toString()
    return this.full ? 'full' : 'sent'
  }

  end(): void {
    if (this.gone) return
    if (this.status === 0) throw new Error('an answer was ended before it was begun')
    this.#finish()
  }

  abort(): void {
    if (this.gone) return
    this.aborted = true
    this.#close()
  }

  #finish(): void {
    this.ended = true
    this.#close()
  }

  #close(): void {
    this.gone = true
    this.onGone = undefined
    this.onWritable = undefined
    this.place?.leave()
    this.place = undefined
  }

  /** The caller leaves. */
  leave(): void {
    if (this.gone) return
    const { onGone } = this
    this.#close()
    onGone?.()
  }

  /** A caller that was slow takes bytes again. */
  takeAgain(): void {
    this.full = false
    this.onWritable?.()
  }

  header(name: string): string | undefined {
    const at = this.headers.indexOf(name)
    return at < 0 ? undefined : this.headers[at + 1]
  }
}

/** A body that counts how often it was given back. Its bytes are gone then, as those of a slab that somebody else uses. */
export class TestBody implements Body {
  readonly bytes: Buffer
  released = 0

  constructor(body: object | string) {
    this.bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  }

  release(): void {
    this.released++
    this.bytes.fill(0)
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
  const keys = ['x-api-key', 'api-key', 'x-goog-api-key'].flatMap((name) => headers[name] ?? [])
  return {
    method,
    path,
    query,
    authorization,
    apiKey: keys[0],
    apiKeysDiffer: new Set(keys).size > 1,
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
  owner: 'team search',
  costCenter: '4711',
  tier: '',
  tenant: { id: 'teams search', weight: 1, priority: 'normal' },
  metadata: new Map(),
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
    blocks: new Blocks(),
    limits: new Map(),
    budgets: new Map(),
    routeOf: (model) => routes[model],
    accountOf: (provider) => accounts[provider],
    providerNames: Object.keys(accounts),
    modelNames: Object.keys(routes),
    bareNames: new BareNames(new Map()),
    bareTargetsOf: () => [],
    connections: () => [],
    everyRoute: () => Object.values(routes),
  }
}

export interface TestRequestOptions {
  readonly head?: RequestHead
  readonly body?: object | string
  readonly snapshot?: Snapshot
  readonly caller?: Caller
  /** The time at which the last byte of the body had come, on the monotonic clock. */
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
