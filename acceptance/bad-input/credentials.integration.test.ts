// Every way to show a key beside every other one, at every kind of path: two that differ are refused before anything else is looked
// at, since another reader of the request could go by the other one.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { exchange, type RawRequest } from '../raw-http.ts'
import { type BadInputRig, startBadInputRig } from './bad-input-rig.ts'

let rig: BadInputRig
let other: string
beforeAll(async () => {
  rig = await startBadInputRig()
  other = (await rig.gateway.issueKey()).secret
})
afterAll(() => rig?.stop())

type Shown = Pick<RawRequest, 'path' | 'headers'>
const headers = ['authorization', 'x-api-key', 'api-key', 'x-goog-api-key'] as const
const parameters = ['key', 'api-key', 'api_key', 'access_token'] as const
const protocol = 'sec-websocket-protocol'

function inHeader(name: string, key: string): [string, string] {
  if (name === protocol) return [protocol, `realtime, openai-insecure-api-key.${key}`]
  return [name, name === 'authorization' ? `Bearer ${key}` : key]
}

const at = (path: string, parameter: string, key: string) =>
  `${path}${path.includes('?') ? '&' : '?'}${parameter}=${key}`

const routes = [
  'POST /v1/chat/completions',
  'POST /v1/completions',
  'POST /v1/responses',
  'POST /v1/embeddings',
  'POST /v1/moderations',
  'POST /v1/messages',
  'POST /v1/messages/count_tokens',
  'POST /v1/images/generations',
  'POST /v1/audio/speech',
  'POST /v1/audio/transcriptions',
  'POST /v1/rerank',
  'POST /v1beta/models/plain:generateContent',
  'POST /v1beta/models/plain:streamGenerateContent?alt=sse',
  'POST /v1beta/models/plain:embedContent',
  'POST /openai/deployments/plain/chat/completions?api-version=2024-10-21',
  'POST /v1/files',
  'GET /v1/files',
  'GET /v1/files/file-x/content',
  'DELETE /v1/files/file-x',
  'POST /v1/batches',
  'GET /v1/batches',
  'GET /v1/responses/resp_x',
  'GET /v1/models',
  'GET /v1/models/plain',
  'GET /v1beta/models',
  'GET /v1/realtime?model=plain',
]

function pairsAt(route: string): [string, string][] {
  const ways = route.startsWith('GET /v1/realtime') ? [...headers, protocol] : headers
  const inHeaders = ways.flatMap((first) =>
    ways.filter((name) => name !== first).map((name) => [first, name] as [string, string]),
  )
  return [
    ...inHeaders,
    ...ways.flatMap((name) => parameters.map((parameter): [string, string] => [name, `?${parameter}`])),
  ]
}

function shown(path: string, [first, second]: [string, string], [one, two]: [string, string]): Shown {
  const own = inHeader(first, one)
  if (second.startsWith('?')) return { path: at(path, second.slice(1), two), headers: [own] }
  return { path, headers: [own, inHeader(second, two)] }
}

const upgrade: [string, string][] = [
  ['connection', 'Upgrade'],
  ['upgrade', 'websocket'],
  ['sec-websocket-version', '13'],
  ['sec-websocket-key', 'dGhlIHNhbXBsZSBub25jZQ=='],
]

function send(route: string, { path = '', headers: own = [] }: Shown) {
  const [method = ''] = route.split(' ')
  if (path.startsWith('/v1/realtime'))
    return exchange(rig.gateway.port, { method, path, headers: [...own, ...upgrade] })
  if (method !== 'POST') return exchange(rig.gateway.port, { method, path, headers: own })
  return exchange(rig.gateway.port, {
    method,
    path,
    headers: [...own, ['content-type', 'application/json']],
    body: '{',
  })
}

test.each(routes)(
  '%s with two keys that differ is 400, whichever way they are shown',
  async (route) => {
    const [, path = ''] = route.split(' ')
    for (const pair of pairsAt(route)) {
      const answer = await send(route, shown(path, pair, [rig.key.secret, other]))
      expect([pair, answer.status, answer.body]).toEqual([pair, 400, expect.not.stringContaining(other)])
      expect(answer.body).toMatch(/Two different credentials were sent/)
    }
  },
  60_000,
)

test.each(['GET /v1/models', 'GET /v1beta/models'])('%s with one key in two places is served', async (route) => {
  const [, path = ''] = route.split(' ')
  for (const pair of pairsAt(route)) {
    const answer = await send(route, shown(path, pair, [rig.key.secret, rig.key.secret]))
    expect([pair, answer.status]).toEqual([pair, 200])
  }
})

test('nothing of it was sent to a provider, or written to the log', async () => {
  expect((await rig.mock.ledger()).requests).toBe(0)
  await rig.expectUnharmed()
  expect(rig.gateway.output()).not.toContain(other)
})
