// Realtime sessions: the official SDK through the gateway to a local server, and a bare client for what the SDK would not
// do. Messages go both ways as they are; what is used is recorded; whoever may not go on is told why.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer } from 'node:tls'
import { LLMock } from '@copilotkit/aimock'
import OpenAI from 'openai'
import { OpenAIRealtimeWS } from 'openai/realtime/ws'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { makeCertificates } from '../loadtest/mock-upstream/certificates.ts'
import { type Gateway, startGateway } from './gateway.ts'
import { ask } from './http.ts'
import {
  answering,
  type RealtimeUpstream,
  respond,
  sendEvent,
  startRealtimeUpstream,
  usage,
} from './realtime-upstream.ts'
import { modelOn, providerAt } from './scripted-llm.ts'
import { sleep, until } from './until.ts'

const hasOpenssl = spawnSync('openssl', ['version']).status === 0
if (!hasOpenssl) process.stderr.write("skipped: the SDK's realtime client, as openssl is not on this machine\n")

let upstream: RealtimeUpstream
let aimock: LLMock
let gateway: Gateway
let secret: string

beforeAll(async () => {
  upstream = await startRealtimeUpstream()
  aimock = new LLMock({ port: 0 })
  aimock.onMessage(/.*/s, { content: 'Hello from aimock.' })
  await aimock.start()
  const price = { inputPerMTok: 4, outputPerMTok: 16 }
  gateway = await startGateway({
    config: {
      providers: {
        live: { ...providerAt(upstream.url), bareNames: ['gpt-realtime-bare'] },
        mock: providerAt(aimock.url),
        nowhere: providerAt('http://127.0.0.1:9'),
        cloud: { kind: 'azure', baseUrl: upstream.url, credentials: [{ name: 'main', apiKey: 'azure-canary' }] },
        newcloud: {
          kind: 'azure',
          apiVersion: 'v1',
          baseUrl: upstream.url,
          credentials: [{ name: 'main', apiKey: 'azure-canary' }],
        },
        claude: { kind: 'anthropic', baseUrl: upstream.url, credentials: [{ name: 'main', apiKey: 'sk-ant' }] },
      },
      models: {
        voice: { targets: [{ provider: 'live', model: 'gpt-realtime-x', price }], retries: { attempts: 0 } },
        mock: modelOn('mock', 'gpt-4o-realtime'),
        cloud: modelOn('cloud', 'my-deployment'),
        newcloud: modelOn('newcloud', 'my-deployment'),
        claude: modelOn('claude', 'claude-x'),
        steadfast: { ...modelOn('nowhere', 'x'), fallbacks: ['voice'] },
        unreachable: modelOn('nowhere', 'x'),
        hidden: modelOn('live', 'x'),
      },
    },
  })
  secret = (await gateway.issueKey({ models: [...models] })).secret
})
const models = ['voice', 'mock', 'cloud', 'newcloud', 'claude', 'steadfast', 'unreachable']
afterAll(async () => {
  await gateway?.stop()
  await upstream?.stop()
  await aimock?.stop()
})
beforeEach(() => {
  upstream.handshakes.length = 0
  upstream.sockets.length = 0
  upstream.onSocket = answering
  upstream.refusal = undefined
})

function urlOf(query: string, path = '/v1/realtime'): string {
  return `${gateway.base.replace('http', 'ws')}${path}?${query}`
}

interface Client {
  readonly socket: WebSocket
  readonly messages: { readonly text: string; readonly isBinary: boolean; readonly bytes: Buffer }[]
  readonly closed: Promise<{ code: number; reason: string }>
  /** How the handshake was answered, where it was refused. */
  readonly refused: Promise<{ status: number; error: { code: string } }>
  readonly opened: Promise<void>
}

function open(
  query: string,
  options: { key?: string; protocols?: string[]; headers?: Record<string, string>; path?: string } = {},
): Client {
  const { key = secret, protocols, headers = {}, path } = options
  return listening(urlOf(query, path), key, protocols, headers)
}

function listening(url: string, key: string, protocols: string[] = [], headers: Record<string, string> = {}): Client {
  const authorization = key === '' ? {} : { authorization: `Bearer ${key}` }
  const socket = new WebSocket(url, protocols, { headers: { ...authorization, ...headers } })
  const messages: Client['messages'] = []
  socket.on('message', (bytes, isBinary) => messages.push({ text: isBinary ? '' : bytes.toString(), isBinary, bytes }))
  socket.on('error', () => {})
  return {
    socket,
    messages,
    opened: new Promise((resolve) => socket.on('open', resolve)),
    closed: new Promise((resolve) =>
      socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() })),
    ),
    refused: new Promise((resolve) =>
      socket.on('unexpected-response', (_request, response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, error: JSON.parse(Buffer.concat(chunks).toString()).error })
        })
      }),
    ),
  }
}

const typesOf = ({ messages }: Client) => messages.map(({ text }) => (text === '' ? '' : JSON.parse(text).type))

async function recordOf(id: string) {
  let told = await gateway.admin('GET', `/requests/${id}`)
  await until(async () => {
    told = await gateway.admin('GET', `/requests/${id}`)
    return told.status === 200
  }, 10_000)
  return told.json
}

test('the upstream sees its own model and key, and nothing of the caller', async () => {
  const client = open('model=voice', { headers: { 'openai-beta': 'realtime=v1', cookie: 'a=b' } })
  await client.opened
  const [{ url, headers } = { url: '', headers: {} }] = upstream.handshakes
  expect(url).toBe('/v1/realtime?model=gpt-realtime-x')
  expect(headers).toMatchObject({ authorization: 'Bearer sk-upstream-canary', 'openai-beta': 'realtime=v1' })
  expect([headers['cookie'], headers['content-type'], headers['sec-websocket-protocol']]).toEqual([
    undefined,
    undefined,
    undefined,
  ])
  expect(JSON.stringify(headers)).not.toContain(secret)
  client.socket.close()
})

test('a bare name finds its provider, also for a key that may use that name alone', async () => {
  const narrow = (await gateway.issueKey({ models: ['gpt-realtime-bare'] })).secret
  const client = open('model=gpt-realtime-bare', { key: narrow })
  expect(await Promise.race([client.opened.then(() => 'opened'), client.refused])).toBe('opened')
  expect(upstream.handshakes[0]).toMatchObject({ url: '/v1/realtime?model=gpt-realtime-bare' })
  // A change of the configuration looks at the keys of open sessions anew.
  await gateway.admin('PUT', '/teams/another', {})
  expect(await Promise.race([client.closed, sleep(1_500)])).toBeUndefined()
  client.socket.close()
})

test.each([
  ['cloud', '/openai/realtime?api-version=2024-10-21&deployment=my-deployment'],
  ['newcloud', '/openai/v1/realtime?model=my-deployment'],
])('a session at Azure (%s) is opened at %s', async (model, url) => {
  const client = open(`deployment=${model}&api-version=2025-04-01-preview`, {
    key: '',
    path: '/openai/realtime',
    headers: { 'api-key': secret },
  })
  await client.opened
  expect(upstream.handshakes[0]).toMatchObject({ url, headers: { 'api-key': 'azure-canary' } })
  client.socket.close()
})

test("a browser's key comes as a protocol, and goes no further (wire 115)", async () => {
  const protocols = ['realtime', `openai-insecure-api-key.${secret}`, 'openai-beta.realtime-v1']
  const client = open('model=voice', { key: '', protocols })
  await client.opened
  expect(client.socket.protocol).toBe('realtime')
  expect(JSON.stringify(upstream.handshakes)).not.toContain(secret)
  expect(upstream.handshakes[0]?.headers['openai-beta']).toBe('realtime=v1')
  client.socket.close()
})

test('messages of either kind go both ways byte for byte, in order, however large', async () => {
  const got: { bytes: Buffer; isBinary: boolean }[] = []
  upstream.onSocket = (socket) =>
    socket.on('message', (bytes, isBinary) => {
      got.push({ bytes, isBinary })
      socket.send(bytes, { binary: isBinary })
    })
  const client = open('model=voice')
  await client.opened
  const sent = [
    { bytes: Buffer.from('{ "type" :  "x", "n": 1e400, "é": "東京 🗼" }'), isBinary: false },
    { bytes: Buffer.from([0, 255, 1, 254]), isBinary: true },
    { bytes: Buffer.alloc(0), isBinary: true },
    { bytes: Buffer.from('no JSON at all'), isBinary: false },
    { bytes: Buffer.alloc(12 << 20, 'audio'), isBinary: false },
    ...Array.from({ length: 200 }, (_, i) => ({ bytes: Buffer.from(`message ${i}`), isBinary: i % 2 === 0 })),
  ]
  for (const { bytes, isBinary } of sent) client.socket.send(bytes, { binary: isBinary })
  await until(() => client.messages.length === sent.length, 20_000)
  expect(got.every((one, i) => one.bytes.equals(sent[i]!.bytes) && one.isBinary === sent[i]!.isBinary)).toBe(true)
  expect(
    client.messages.every((one, i) => one.bytes.equals(sent[i]!.bytes) && one.isBinary === sent[i]!.isBinary),
  ).toBe(true)
  client.socket.close()
})

test('each response has a record with its tokens and its cost, and the session one with its length (wire 115)', async () => {
  const client = open('model=voice', { headers: { 'x-request-id': 'session-of-two' } })
  await client.opened
  for (const count of [1, 2]) {
    client.socket.send('{"type":"response.create"}', { binary: false })
    await until(() => typesOf(client).filter((type) => type === 'response.done').length === count, 10_000)
  }
  client.socket.close(1_000, 'bye')
  for (const id of ['session-of-two.1', 'session-of-two.2']) {
    expect(await recordOf(id)).toMatchObject({
      route: '/v1/realtime',
      status: 'ok',
      model: 'voice',
      provider: 'live',
      target: 'gpt-realtime-x',
      stream: true,
      inputTokens: 40,
      cachedTokens: 8,
      outputTokens: 10,
      costUsd: 0.00032,
      unpriced: false,
      estimated: false,
    })
  }
  expect(await recordOf('session-of-two')).toMatchObject({
    status: 'ok',
    httpStatus: 101,
    inputTokens: 0,
    costUsd: 0,
    measure: { unit: 'seconds' },
  })
})

test('sound is not priced as text, and a transcript by another model is recorded apart', async () => {
  upstream.onSocket = (socket) => {
    respond(socket, { ...usage, output_token_details: { text_tokens: 2, audio_tokens: 8 } })
    const transcript = { type: 'conversation.item.input_audio_transcription.completed', transcript: 'hi' }
    sendEvent(socket, { ...transcript, usage: { type: 'duration', seconds: 3 } })
  }
  const client = open('model=voice', { headers: { 'x-request-id': 'session-with-sound' } })
  expect(await recordOf('session-with-sound.1')).toMatchObject({ outputTokens: 10, unpriced: true, costUsd: 0 })
  const measure = { unit: 'seconds', amount: 3 }
  expect(await recordOf('session-with-sound.2')).toMatchObject({ measure, unpriced: true, outputTokens: 0 })
  client.socket.close()
})

test.each([
  [1_000, 'done'],
  [4_001, 'a reason of one’s own'],
  [undefined, ''],
])('the code %s closes both sides, whoever says it', async (code, reason) => {
  const expected = { code: code ?? 1_005, reason }
  const first = open('model=voice')
  await first.opened
  const heard = new Promise((resolve) =>
    upstream.sockets[0]!.on('close', (code, reason) => resolve({ code, reason: reason.toString() })),
  )
  if (code === undefined) first.socket.close()
  else first.socket.close(code, reason)
  expect(await heard).toEqual(expected)
  upstream.onSocket = (socket) => (code === undefined ? socket.close() : socket.close(code, reason))
  expect(await open('model=voice').closed).toEqual(expected)
})

test('a side that is lost closes the other (wire 115)', async () => {
  const first = open('model=voice', { headers: { 'x-request-id': 'session-that-broke' } })
  await first.opened
  upstream.sockets[0]!.terminate()
  expect(await first.closed).toMatchObject({ code: 1_011 })
  expect(await recordOf('session-that-broke')).toMatchObject({ status: 'cut', errorCode: 'upstream_error' })
  const second = open('model=voice')
  await second.opened
  const heard = new Promise((resolve) => upstream.sockets[1]!.on('close', resolve))
  second.socket.terminate()
  expect(await heard).toBe(1_001)
})

test.each<[string, string, Parameters<typeof open>[1], number, string]>([
  ['no key', 'model=voice', { key: '' }, 401, 'missing_api_key'],
  ['a wrong key', 'model=voice', { key: 'hg_wrong' }, 401, 'invalid_api_key'],
  [
    'a wrong key as a protocol',
    'model=voice',
    { key: '', protocols: ['openai-insecure-api-key.hg_wrong'] },
    401,
    'invalid_api_key',
  ],
  ['two keys', 'model=voice', { protocols: ['openai-insecure-api-key.hg_wrong'] }, 400, 'ambiguous_credentials'],
  ['no model', '', {}, 400, 'invalid_model'],
  ['an intent in the place of a model', 'intent=transcription', {}, 400, 'unsupported_parameter'],
  ['the id of a call', 'model=voice&call_id=rtc_1', {}, 400, 'unsupported_parameter'],
  ['two models', 'model=voice&model=hidden', {}, 400, 'invalid_model'],
  ['a model that is not there', 'model=nothing', {}, 404, 'model_not_found'],
  ['a model of somebody else', 'model=hidden', {}, 403, 'model_not_allowed'],
  ['a model that has no sessions', 'model=claude', {}, 400, 'unsupported_endpoint'],
  ['a provider that is away', 'model=unreachable', {}, 502, 'upstream_error'],
])('a handshake with %s is refused', async (_, query, options, status, code) => {
  const refused = await open(query, options).refused
  expect([refused.status, refused.error.code]).toEqual([status, code])
  expect(upstream.handshakes).toEqual([])
})

test.each([
  [
    400,
    '{"error":{"message":"No such model.","type":"invalid_request_error","param":null,"code":"model_gone"}}',
    400,
    'model_gone',
  ],
  [401, '{}', 502, 'upstream_auth'],
  [500, 'x', 502, 'upstream_error'],
  [200, '{}', 502, 'upstream_error'],
])('a provider that answers %s with %s refuses the handshake', async (status, body, told, code) => {
  upstream.refusal = { status, body }
  const refused = await open('model=voice').refused
  expect([refused.status, refused.error.code]).toEqual([told, code])
})

test('a provider that is away is followed by the fallback', async () => {
  const client = open('model=steadfast', { headers: { 'x-request-id': 'session-that-fell-back' } })
  await client.opened
  client.socket.close()
  const record = await recordOf('session-that-fell-back')
  expect(record).toMatchObject({ status: 'ok', fallbackIndex: 1 })
  expect(record.attempts.map(({ outcome }: { outcome: string }) => outcome)).toEqual(['connect', 'ok'])
})

test('without an upgrade the path says what it takes', async () => {
  const told = await ask(`${gateway.base}/v1/realtime?model=voice`, 'GET', undefined, {
    authorization: `Bearer ${secret}`,
  })
  expect([told.status, told.json.error.code]).toEqual([426, 'upgrade_required'])
})

test('a key that is revoked ends its open sessions, and says so', async () => {
  const key = await gateway.issueKey({ models: ['voice'] })
  const [client, other] = [open('model=voice', { key: key.secret }), open('model=voice')]
  await Promise.all([client.opened, other.opened])
  await gateway.admin('DELETE', `/keys/${key.id}`)
  expect(await client.closed).toMatchObject({ code: 1_008 })
  expect(JSON.parse(client.messages.at(-1)!.text)).toMatchObject({ type: 'error', error: { code: 'invalid_api_key' } })
  other.socket.send('{"type":"response.create"}', { binary: false })
  await until(() => typesOf(other).includes('response.done'), 10_000)
  other.socket.close()
})

test('a message larger than the bound closes the session, and takes nothing else with it', async () => {
  const client = open('model=voice')
  await client.opened
  client.socket.send(Buffer.alloc((16 << 20) + 1), { binary: true })
  expect((await client.closed).code).not.toBe(1_000)
  expect((await ask(`${gateway.base}/livez`, 'GET')).status).toBe(200)
})

test('a caller who leaves during the handshake leaves nothing at the upstream', async () => {
  upstream.onSocket = () => {}
  const client = open('model=voice')
  client.socket.terminate()
  const stays = open('model=voice')
  await stays.opened
  await until(() => upstream.sockets.filter(({ readyState }) => readyState === 1).length === 1, 10_000)
  stays.socket.close()
})

test('a caller who does not read pauses the upstream, and gets everything once it reads', async () => {
  const piece = Buffer.alloc(64 << 10, 'x')
  const count = 1_600
  upstream.onSocket = (socket) => {
    for (let i = 0; i < count; i++) {
      piece.writeUInt32BE(i)
      socket.send(Buffer.from(piece), { binary: true })
    }
  }
  const client = open('model=voice')
  await client.opened
  client.socket.pause()
  // What the gateway and the kernels of both connections hold is far less than what was sent.
  expect(await restingValue(() => upstream.sockets[0]!.bufferedAmount)).toBeGreaterThan(60 << 20)
  client.socket.resume()
  await until(() => client.messages.length >= count, 20_000)
  expect(client.messages.map(({ bytes }) => bytes.readUInt32BE(0))).toEqual(Array.from({ length: count }, (_, i) => i))
  client.socket.close()
})

/** The value once it has not changed for half a second. */
async function restingValue(read: () => number): Promise<number> {
  let [value, sinceMs] = [read(), performance.now()]
  await until(() => {
    if (read() !== value) [value, sinceMs] = [read(), performance.now()]
    return performance.now() - sinceMs > 500
  }, 20_000)
  return value
}

test('an upstream that takes nothing closes the session before the gateway fills up', async () => {
  upstream.onSocket = (socket) => socket.pause()
  const client = open('model=voice')
  await client.opened
  const flood = setInterval(
    () => client.socket.bufferedAmount < 8 << 20 && client.socket.send(Buffer.alloc(1 << 20), { binary: true }),
    5,
  )
  expect(await client.closed).toMatchObject({ code: 1_013 })
  clearInterval(flood)
  expect(JSON.parse(client.messages.at(-1)!.text)).toMatchObject({ error: { code: 'upstream_too_slow' } })
})

test('a gateway that stops lets an answer be finished, then says goodbye', async () => {
  let finish = () => {}
  upstream.onSocket = (socket) => {
    sendEvent(socket, { type: 'session.created' })
    socket.on('message', () => {
      sendEvent(socket, { type: 'response.created', response: {} })
      finish = () => sendEvent(socket, { type: 'response.done', response: { status: 'completed', usage } })
    })
  }
  // The server counts a WebSocket among its connections to the end, and waits so long for them.
  const other = await startGateway({
    environment: { HEADGATE_DRAIN: '3s' },
    config: { providers: { live: providerAt(upstream.url) }, models: { voice: modelOn('live', 'x') } },
  })
  try {
    const { secret: key } = await other.issueKey()
    const url = `${other.base.replace('http', 'ws')}/v1/realtime?model=voice`
    const [idle, busy] = [listening(url, key), listening(url, key)]
    await Promise.all([idle.opened, busy.opened])
    busy.socket.send('{"type":"response.create"}', { binary: false })
    await until(() => typesOf(busy).includes('response.created'), 20_000)
    other.signal('SIGTERM')
    expect(await idle.closed).toMatchObject({ code: 1_012 })
    await sleep(300)
    expect(busy.socket.readyState).toBe(1)
    finish()
    expect(await busy.closed).toMatchObject({ code: 1_012 })
    expect(typesOf(busy).slice(-2)).toEqual(['response.done', 'error'])
    await other.ended
    expect(other.exitCode).toBe(0)
  } finally {
    await other.stop()
  }
})

describe.skipIf(!hasOpenssl)('over TLS', () => {
  let front: { base: string; ca: string; stop(): void }

  beforeAll(async () => {
    front = await startTlsFront(gateway.port)
  })
  afterAll(() => front?.stop())

  test.each([
    ['a local server', 'voice', 'Hello'],
    ['aimock', 'mock', 'Hello from aimock.'],
  ])(
    "the official SDK's realtime client has a conversation through the gateway with %s",
    async (_, model, expected) => {
      const client = new OpenAI({ apiKey: secret, baseURL: front.base })
      const realtime = new OpenAIRealtimeWS({ model, options: { ca: front.ca } }, client)
      await new Promise<void>((resolve) => realtime.socket.on('open', () => resolve()))
      let said = ''
      const isDone = new Promise<void>((resolve, reject) => {
        realtime.on('response.output_text.delta', ({ delta }) => (said += delta))
        realtime.on('event', (event) => {
          // The name that the event had before the API was released.
          if ((event.type as string) === 'response.text.delta') said += (event as unknown as { delta: string }).delta
        })
        realtime.on('response.done', () => resolve())
        realtime.on('error', reject)
      })
      const content = [{ type: 'input_text' as const, text: 'Hi' }]
      realtime.send({ type: 'conversation.item.create', item: { type: 'message', role: 'user', content } })
      realtime.send({ type: 'response.create' })
      await isDone
      realtime.close()
      expect(said).toBe(expected)
    },
  )
})

/** The SDK opens sessions over TLS alone, as they are behind a load balancer. */
async function startTlsFront(port: number) {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-front-'))
  const { authorityFile, certificateFile, keyFile } = makeCertificates(folder)
  const read = (file: string) => readFileSync(file, 'utf8')
  const ca = read(authorityFile)
  const server = createServer({ cert: read(certificateFile), key: read(keyFile) }, (socket) => {
    const inner = connect(port, '127.0.0.1')
    for (const [one, other] of [
      [socket, inner],
      [inner, socket],
    ] as const) {
      one.pipe(other)
      one.on('error', () => other.destroy())
    }
  })
  rmSync(folder, { recursive: true })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port: tlsPort } = server.address() as AddressInfo
  return { base: `https://localhost:${tlsPort}/v1`, ca, stop: () => void server.close() }
}
