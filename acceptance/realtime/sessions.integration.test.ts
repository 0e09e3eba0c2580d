// Realtime sessions once they are open: messages go both ways as they are, what is used is recorded, and whoever may not go on
// is told why.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startGateway } from '../gateway.ts'
import { ask } from '../http.ts'
import { modelOn, providerAt } from '../scripted-llm.ts'
import { until } from '../until.ts'
import { listening, type RealtimeRig, startRealtimeRig, typesOf } from './realtime-rig.ts'
import { respond, sendEvent, usage } from './realtime-upstream.ts'

let rig: RealtimeRig
beforeAll(async () => {
  rig = await startRealtimeRig()
})
afterAll(() => rig?.stop())
beforeEach(() => rig.reset())

test('messages of either kind go both ways byte for byte, in order, however large', async () => {
  const got: { bytes: Buffer; isBinary: boolean }[] = []
  rig.upstream.onSocket = (socket) =>
    socket.on('message', (bytes, isBinary) => {
      got.push({ bytes, isBinary })
      socket.send(bytes, { binary: isBinary })
    })
  const client = rig.open('model=voice')
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
  const client = rig.open('model=voice', { headers: { 'x-request-id': 'session-of-two' } })
  await client.opened
  for (const count of [1, 2]) {
    client.socket.send('{"type":"response.create"}', { binary: false })
    await until(() => typesOf(client).filter((type) => type === 'response.done').length === count, 10_000)
  }
  client.socket.close(1_000, 'bye')
  for (const id of ['session-of-two.1', 'session-of-two.2']) {
    expect(await rig.recordOf(id)).toMatchObject({
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
  // Each response is a money event with what the provider charges for it.
  for (const id of ['session-of-two.1', 'session-of-two.2']) {
    const { items } = (await rig.gateway.admin('GET', `/ledger?requestId=${id}`)).json
    expect(items).toMatchObject([{ attempt: 0, settlement: 'reported', costNanoUsd: '320000', provider: 'live' }])
  }
  expect(await rig.recordOf('session-of-two')).toMatchObject({
    status: 'ok',
    httpStatus: 101,
    inputTokens: 0,
    costUsd: 0,
    measure: { unit: 'seconds' },
  })
})

test('sound is not priced as text, and a transcript by another model is recorded apart', async () => {
  rig.upstream.onSocket = (socket) => {
    respond(socket, { ...usage, output_token_details: { text_tokens: 2, audio_tokens: 8 } })
    const transcript = { type: 'conversation.item.input_audio_transcription.completed', transcript: 'hi' }
    sendEvent(socket, { ...transcript, usage: { type: 'duration', seconds: 3 } })
  }
  const client = rig.open('model=voice', { headers: { 'x-request-id': 'session-with-sound' } })
  expect(await rig.recordOf('session-with-sound.1')).toMatchObject({ outputTokens: 10, unpriced: true, costUsd: 0 })
  const measure = { unit: 'seconds', amount: 3 }
  expect(await rig.recordOf('session-with-sound.2')).toMatchObject({ measure, unpriced: true, outputTokens: 0 })
  client.socket.close()
})

test.each([
  [1_000, 'done'],
  [4_001, 'a reason of one’s own'],
  [undefined, ''],
])('the code %s closes both sides, whoever says it', async (code, reason) => {
  const expected = { code: code ?? 1_005, reason }
  const first = rig.open('model=voice')
  await first.opened
  const heard = new Promise((resolve) =>
    rig.upstream.sockets[0]!.on('close', (code, reason) => resolve({ code, reason: reason.toString() })),
  )
  if (code === undefined) first.socket.close()
  else first.socket.close(code, reason)
  expect(await heard).toEqual(expected)
  rig.upstream.onSocket = (socket) => (code === undefined ? socket.close() : socket.close(code, reason))
  expect(await rig.open('model=voice').closed).toEqual(expected)
})

test('a side that is lost closes the other (wire 115)', async () => {
  const first = rig.open('model=voice', { headers: { 'x-request-id': 'session-that-broke' } })
  await first.opened
  rig.upstream.sockets[0]!.terminate()
  expect(await first.closed).toMatchObject({ code: 1_011 })
  expect(await rig.recordOf('session-that-broke')).toMatchObject({ status: 'cut', errorCode: 'upstream_error' })
  const second = rig.open('model=voice')
  await second.opened
  const heard = new Promise((resolve) => rig.upstream.sockets[1]!.on('close', resolve))
  second.socket.terminate()
  expect(await heard).toBe(1_001)
})

test('a key that is revoked ends its open sessions, and says so', async () => {
  const key = await rig.gateway.issueKey({ models: ['voice'] })
  const [client, other] = [rig.open('model=voice', { key: key.secret }), rig.open('model=voice')]
  await Promise.all([client.opened, other.opened])
  await rig.gateway.admin('DELETE', `/keys/${key.id}`)
  expect(await client.closed).toMatchObject({ code: 1_008 })
  expect(JSON.parse(client.messages.at(-1)!.text)).toMatchObject({ type: 'error', error: { code: 'invalid_api_key' } })
  other.socket.send('{"type":"response.create"}', { binary: false })
  await until(() => typesOf(other).includes('response.done'), 10_000)
  other.socket.close()
})

test('a session without time left ends within a second, says so, and is not opened again', async () => {
  await rig.gateway.admin('PUT', '/limits/run-time', { per: 'session', wallTime: '3s' })
  const headers = { 'x-headgate-session-id': 'run-1' }
  const client = rig.open('model=voice', { headers })
  await client.opened
  expect(await client.closed).toMatchObject({ code: 1_008 })
  const error = { code: 'rate_limit_exceeded', message: expect.stringContaining('since the first request') }
  expect(JSON.parse(client.messages.at(-1)?.text ?? '')).toMatchObject({ type: 'error', error })
  const again = rig.open('model=voice', { headers })
  expect(await again.refused).toMatchObject({ status: 429, error: { code: 'rate_limit_exceeded' } })
  const other = rig.open('model=voice', { headers: { 'x-headgate-session-id': 'run-2' } })
  await other.opened
  other.socket.close()
  await rig.gateway.admin('DELETE', '/limits/run-time')
})

test('a message larger than the bound closes the session, and takes nothing else with it', async () => {
  const client = rig.open('model=voice')
  await client.opened
  client.socket.send(Buffer.alloc((16 << 20) + 1), { binary: true })
  expect((await client.closed).code).not.toBe(1_000)
  expect((await ask(`${rig.gateway.base}/livez`, 'GET')).status).toBe(200)
})

test('a caller who does not read pauses the upstream, and gets everything once it reads', async () => {
  const piece = Buffer.alloc(64 << 10, 'x')
  const count = 1_600
  rig.upstream.onSocket = (socket) => {
    for (let i = 0; i < count; i++) {
      piece.writeUInt32BE(i)
      socket.send(Buffer.from(piece), { binary: true })
    }
  }
  const client = rig.open('model=voice')
  await client.opened
  client.socket.pause()
  // What the gateway and the kernels of both connections hold is far less than what was sent.
  expect(await restingValue(() => rig.upstream.sockets[0]!.bufferedAmount)).toBeGreaterThan(60 << 20)
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
  rig.upstream.onSocket = (socket) => socket.pause()
  const client = rig.open('model=voice')
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
  let [speak, finish] = [() => {}, () => {}]
  rig.upstream.onSocket = (socket) => {
    sendEvent(socket, { type: 'session.created' })
    socket.on('message', () => {
      sendEvent(socket, { type: 'response.created', response: {} })
      speak = () => sendEvent(socket, { type: 'response.output_text.delta', delta: 'Hel' })
      finish = () => sendEvent(socket, { type: 'response.done', response: { status: 'completed', usage } })
    })
  }
  // The server counts a WebSocket among its connections to the end, and waits so long for them.
  const other = await startGateway({
    environment: { HEADGATE_DRAIN: '3s' },
    config: { providers: { live: providerAt(rig.upstream.url) }, models: { voice: modelOn('live', 'x') } },
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
    speak()
    await until(() => typesOf(busy).includes('response.output_text.delta'), 20_000)
    finish()
    expect(await busy.closed).toMatchObject({ code: 1_012 })
    expect(typesOf(busy).slice(-2)).toEqual(['response.done', 'error'])
    await other.ended
    expect(other.exitCode).toBe(0)
  } finally {
    await other.stop()
  }
})
