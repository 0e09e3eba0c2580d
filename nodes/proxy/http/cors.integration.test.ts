import { afterEach, expect, test } from 'vitest'
import type { Reply } from './http.ts'
import { key, startTestServer, TestHandler } from './test-handler.ts'

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

const app = 'https://app.example.com'

async function serverFor(corsOrigins: string[] | undefined) {
  const handler = new TestHandler()
  handler.routes.set('/v1/stream', (_head, body, reply: Reply) => {
    body.release()
    reply.begin(200, ['content-type', 'text/event-stream'])
    reply.write('data: 1\n\n')
    reply.end()
  })
  const { server, port } = await startTestServer({ corsOrigins }, handler)
  closers.push(() => server.close())
  return { handler, port }
}

type Sent = { port: number; method?: string; path?: string; headers?: Record<string, string>; body?: string }

async function ask({ port, path = '/v1/echo', headers = {}, ...sent }: Sent) {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, { ...sent, headers })
  await answer.arrayBuffer()
  return answer
}

const preflight = {
  method: 'OPTIONS',
  headers: {
    origin: app,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization,content-type,x-stainless-os',
  },
}
const post = {
  method: 'POST',
  headers: { origin: app, authorization: `Bearer ${key}`, 'content-type': 'application/json' },
  body: '{}',
}

function allowed({ headers }: Response) {
  return ['allow-origin', 'allow-methods', 'allow-headers', 'max-age'].map((name) =>
    headers.get(`access-control-${name}`),
  )
}

test('a preflight of an origin that is named is answered before the handler and without a key', async () => {
  const { handler, port } = await serverFor([app])
  const answer = await ask({ port, ...preflight })
  const { 'access-control-request-headers': asked } = preflight.headers
  expect([answer.status, ...allowed(answer)]).toEqual([204, app, 'GET, HEAD, POST, DELETE', asked, '7200'])
  expect([answer.headers.get('vary'), answer.headers.get('content-length')]).toEqual(['origin', null])
  expect(handler.heads).toEqual([])
})

test.each([
  ['an answer', '/v1/echo', post, 200],
  ['a stream', '/v1/stream', post, 200],
  ['a refusal of the handler', '/v1/none', post, 404],
  [
    'a refusal of the framing',
    '/v1/echo',
    { ...post, headers: { ...post.headers, 'content-type': 'text/plain' } },
    415,
  ],
])('%s may be read by the origin, with its headers', async (_what, path, sent, status) => {
  const { port } = await serverFor([app])
  const answer = await ask({ port, path, ...sent })
  expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([status, app])
  const exposed = answer.headers.get('access-control-expose-headers')?.split(', ')
  expect(exposed).toEqual(expect.arrayContaining(['x-request-id', 'x-headgate-model', 'retry-after-ms']))
  expect(answer.headers.get('access-control-allow-credentials')).toBeNull()
})

test('`*` names every origin', async () => {
  const { port } = await serverFor(['*'])
  expect(allowed(await ask({ port, ...preflight }))[0]).toBe('*')
  expect(allowed(await ask({ port, ...post }))[0]).toBe('*')
})

test.each([
  ['another origin', [app], 'https://other.example.com'],
  ['any origin, where none is named', undefined, app],
])('%s is told nothing', async (_what, origins, origin) => {
  const { handler, port } = await serverFor(origins)
  const headers = { ...preflight.headers, origin }
  const answer = await ask({ port, ...preflight, headers })
  expect([answer.status, ...allowed(answer)]).toEqual([405, null, null, null, null])
  expect(handler.heads).toEqual(['OPTIONS /v1/echo'])
  const told = await ask({ port, ...post, headers: { ...post.headers, origin } })
  expect([told.status, ...allowed(told)]).toEqual([200, null, null, null, null])
})

test('a request without an origin is told nothing', async () => {
  const { port } = await serverFor([app])
  const { origin: _origin, ...headers } = post.headers
  expect(allowed(await ask({ port, ...post, headers }))).toEqual([null, null, null, null])
})
