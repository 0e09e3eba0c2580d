// Handshakes and frames as no honest client sends them: each costs one connection, and nothing else.
import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Gateway, startGateway } from '../gateway.ts'
import { openRequests } from '../open-requests.ts'
import { modelOn, providerAt } from '../scripted-llm.ts'
import { sleep, until } from '../until.ts'
import { type RealtimeUpstream, startRealtimeUpstream } from './realtime-upstream.ts'

let upstream: RealtimeUpstream
let gateway: Gateway
let secret: string
let heard: { text: string; isBinary: boolean }[]

beforeAll(async () => {
  upstream = await startRealtimeUpstream()
  gateway = await startGateway({
    config: { providers: { live: providerAt(upstream.url) }, models: { voice: modelOn('live', 'x') } },
  })
  secret = (await gateway.issueKey()).secret
})
afterAll(async () => {
  await gateway?.stop()
  await upstream?.stop()
})
beforeEach(() => {
  heard = []
  upstream.sockets.length = 0
  upstream.handshakes.length = 0
  upstream.onSocket = (socket) =>
    socket.on('message', (bytes, isBinary) => heard.push({ text: bytes.toString(), isBinary }))
})

const upgrade = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13']
const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='
const authorization = () => `Authorization: Bearer ${secret}`

interface Raw {
  readonly socket: Socket
  received(): Buffer
  readonly closed: Promise<void>
}

function raw(lines: readonly string[], start = 'GET /v1/realtime?model=voice HTTP/1.1'): Raw {
  const socket = connect(gateway.port, '127.0.0.1')
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  socket.on('error', () => {})
  socket.write(`${[start, ...lines].join('\r\n')}\r\n\r\n`)
  return {
    socket,
    received: () => Buffer.concat(chunks),
    closed: new Promise((resolve) => socket.on('close', () => resolve())),
  }
}

async function opened(): Promise<Raw> {
  const client = raw(['Host: a', ...upgrade, key, authorization()])
  await until(() => client.received().includes('\r\n\r\n'), 20_000)
  expect(client.received().toString()).toMatch(/^HTTP\/1\.1 101 /)
  return client
}

/** One frame as a client sends it. */
function frame(first: number, payload: Buffer | string, declared?: number): Buffer {
  const body = Buffer.from(payload)
  const length = declared ?? body.length
  const mask = randomBytes(4)
  const size = length < 126 ? Buffer.from([length]) : Buffer.alloc(9, 127)
  if (length >= 126) size.writeBigUInt64BE(BigInt(length), 1)
  size[0]! |= 0x80
  return Buffer.concat([Buffer.from([first]), size, mask, body.map((byte, i) => byte ^ mask[i % 4]!)])
}

const alive = async () => expect((await fetch(`${gateway.base}/livez`)).status).toBe(200)

test.each<[string, () => string[], string | undefined, RegExp]>([
  ['two hosts', () => ['Host: a', 'Host: b', ...upgrade, key, authorization()], undefined, / 400 /],
  ['two keys', () => ['Host: a', ...upgrade, key, authorization(), authorization()], undefined, / 400 /],
  ['a length', () => ['Host: a', ...upgrade, key, authorization(), 'Content-Length: 3'], undefined, / 400 /],
  ['chunks', () => ['Host: a', ...upgrade, key, authorization(), 'Transfer-Encoding: chunked'], undefined, / 400 /],
  [
    'two lengths',
    () => ['Host: a', ...upgrade, key, authorization(), 'Content-Length: 0', 'Content-Length: 0'],
    undefined,
    / 400 /,
  ],
  ['no WebSocket key', () => ['Host: a', ...upgrade, authorization()], undefined, / 426 /],
  ['no upgrade', () => ['Host: a', authorization()], undefined, / 426 /],
  [
    'another method',
    () => ['Host: a', ...upgrade, key, authorization(), 'Content-Length: 0'],
    'POST /v1/realtime?model=voice HTTP/1.1',
    / 426 /,
  ],
  ['another path', () => ['Host: a', ...upgrade, key, authorization()], 'GET /v1/chat/completions HTTP/1.1', / 405 /],
  [
    'a model that breaks lines',
    () => ['Host: a', ...upgrade, key, authorization()],
    'GET /v1/realtime?model=a%0d%0aX:%20y HTTP/1.1',
    / 404 /,
  ],
])('a handshake with %s is refused', async (_, lines, start, status) => {
  const client = raw(lines(), start)
  await until(() => client.received().length > 0, 20_000)
  expect(client.received().toString().split('\r\n')[0]).toMatch(status)
  client.socket.destroy()
  expect(upstream.handshakes).toEqual([])
  await alive()
})

const text = 0x81

test.each<[string, () => Buffer]>([
  ['of a reserved kind', () => frame(0x83, 'hi')],
  ['with a reserved bit', () => frame(0xc1, 'hi')],
  ['of text that is no UTF-8', () => frame(text, Buffer.from([0xc3, 0x28]))],
  ['that is endless', () => frame(text, 'hi', 2 ** 50)],
  ['of a ping in pieces', () => frame(0x09, 'hi')],
  ['of a ping that is too long', () => frame(0x89, Buffer.alloc(300))],
  ['that goes on with nothing', () => frame(0x80, 'hi')],
])('a frame %s ends its session alone', async (_, bytes) => {
  const client = await opened()
  const other = await opened()
  client.socket.write(bytes())
  await client.closed
  await until(() => upstream.sockets.some(({ readyState }) => readyState === 3), 20_000)
  other.socket.write(frame(text, 'still here'))
  await until(() => heard.length > 0, 20_000)
  expect(heard).toEqual([{ text: 'still here', isBinary: false }])
  other.socket.destroy()
  await alive()
})

test('a message in pieces, a byte at a time, arrives as one', async () => {
  const client = await opened()
  const bytes = Buffer.concat([frame(0x01, 'Grüße, '), frame(0x89, 'ping'), frame(0x00, '東'), frame(0x80, '京')])
  for (const byte of bytes) {
    client.socket.write(Buffer.from([byte]))
    await sleep(1)
  }
  await until(() => heard.length > 0, 20_000)
  expect(heard).toEqual([{ text: 'Grüße, 東京', isBinary: false }])
  await until(() => client.received().includes(Buffer.from([0x8a, 4, ...Buffer.from('ping')])), 20_000)
  client.socket.destroy()
})

test('hundreds of sessions that come and go leave none open', async () => {
  const many = Array.from({ length: 300 }, (_, i) => {
    const client = raw(['Host: a', ...upgrade, key, authorization()])
    setTimeout(() => client.socket.destroy(), i % 50)
    return client.closed
  })
  await Promise.all(many)
  await until(() => upstream.sockets.every(({ readyState }) => readyState === 3), 10_000)
  const last = await opened()
  // A session that had been left open would be counted with it.
  await until(async () => (await openRequests(gateway)) === 1, 15_000)
  last.socket.destroy()
})
