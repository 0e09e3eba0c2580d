// One key has a bounded number of requests open: further ones are refused in the caller's dialect, other keys are served, and each
// way in which a request can end makes room.
import net from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { type Gateway, startGateway } from './gateway.ts'
import { answering, type RealtimeUpstream, startRealtimeUpstream } from './realtime/realtime-upstream.ts'
import { modelOn, providerAt } from './scripted-llm.ts'
import {
  dataEvents,
  eventStream,
  type ScriptedAnswer,
  type ScriptedUpstream,
  startScriptedUpstream,
} from './scripted-upstream.ts'
import { until } from './until.ts'

const openMax = 3
let upstream: ScriptedUpstream
let realtime: RealtimeUpstream
let script: ScriptedAnswer
let gateway: Gateway
let mine: string
let other: string

beforeAll(async () => {
  upstream = await startScriptedUpstream(() => script)
  realtime = await startRealtimeUpstream()
  realtime.onSocket = answering
  gateway = await startGateway({
    config: {
      providers: { up: providerAt(upstream.url), voice: providerAt(realtime.url) },
      models: {
        m: { targets: [{ provider: 'up', model: 'm' }], retries: { attempts: 0 }, timeouts: { idle: '1s' } },
        voice: modelOn('voice', 'gpt-realtime'),
      },
    },
    environment: { HEADGATE_KEY_OPEN_MAX: `${openMax}` },
  })
  mine = (await gateway.issueKey()).secret
  other = (await gateway.issueKey()).secret
})
afterAll(async () => {
  await gateway?.stop()
  await upstream?.stop()
  await realtime?.stop()
})

const word = {
  id: 'c',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'm',
  choices: [{ index: 0, delta: { content: 'hi' } }],
}
const finish = {
  ...word,
  choices: [{ index: 0, delta: {}, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
}
const held: ScriptedAnswer = { headers: eventStream, pieces: dataEvents([word], []), hangs: true }
const whole: ScriptedAnswer = { headers: eventStream, pieces: dataEvents([word, finish]) }
const cut: ScriptedAnswer = { headers: eventStream, pieces: dataEvents([word], []), breaks: true }
const failed: ScriptedAnswer = { status: 500, pieces: ['{}'] }

const chat = (key: string, signal?: AbortSignal, model = 'm') =>
  fetch(`${gateway.base}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, stream: true, messages: [{ role: 'user', content: 'x' }] }),
    signal: signal ?? null,
  })

/** Takes all places of the key, and gives them back with the function that it returns. */
async function filled(places = openMax): Promise<() => Promise<void>> {
  script = held
  const leave = new AbortController()
  const answers = await Promise.all(Array.from({ length: places }, () => chat(mine, leave.signal)))
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
  return async () => {
    leave.abort()
    await room()
  }
}

/** Waits until all places of the key are free. */
async function room(): Promise<void> {
  await until(async () => {
    script = held
    const leave = new AbortController()
    const answers = await Promise.all(Array.from({ length: openMax }, () => chat(mine, leave.signal)))
    leave.abort()
    return answers.every(({ status }) => status === 200)
  }, 10_000)
  await new Promise((resolve) => setTimeout(resolve, 50))
}

test.each([
  ['/v1/chat/completions', { error: { type: 'requests', code: 'rate_limit_exceeded', param: null } }],
  ['/v1/responses', { error: { type: 'requests', code: 'rate_limit_exceeded' } }],
  ['/v1/messages', { type: 'error', error: { type: 'rate_limit_error' } }],
  ['/v1beta/models/m:generateContent', { error: { code: 429, status: 'RESOURCE_EXHAUSTED' } }],
])(
  'beyond its places a key gets a 429 at %s that says when to come again, and other keys are served',
  async (path, body) => {
    const leave = await filled()
    const refused = await fetch(gateway.base + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${mine}`, 'content-type': 'application/json' },
      body: '{}',
    })
    expect(refused.status).toBe(429)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
    expect(Number(refused.headers.get('retry-after-ms'))).toBeGreaterThanOrEqual(1_000)
    expect(refused.headers.get('x-should-retry')).toBe('true')
    expect(JSON.stringify(await refused.json())).toMatch(/3 requests open/)
    void body
    script = whole
    expect(await (await chat(other)).text()).toContain('[DONE]')
    await leave()
  },
  30_000,
)

const ways: [string, () => Promise<unknown>][] = [
  [
    'an answer',
    async () => {
      script = whole
      await (await chat(mine)).text()
    },
  ],
  [
    'an answer without a stream, by the gateway',
    () => fetch(`${gateway.base}/v1/models`, { headers: { authorization: `Bearer ${mine}` } }).then((r) => r.text()),
  ],
  [
    'a stream that its upstream cuts',
    async () => {
      script = cut
      await (await chat(mine)).text()
    },
  ],
  [
    'a stream that is silent for too long',
    async () => {
      script = held
      await (await chat(mine)).text()
    },
  ],
  [
    'a failure',
    async () => {
      script = failed
      await (await chat(mine)).text()
    },
  ],
  [
    'a refusal of the model',
    async () => {
      await (await chat(mine, undefined, 'none')).text()
    },
  ],
  [
    'a body that is no JSON',
    () =>
      fetch(`${gateway.base}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${mine}`, 'content-type': 'application/json' },
        body: '{',
      }).then((r) => r.text()),
  ],
  [
    'a body of a wrong type',
    () =>
      fetch(`${gateway.base}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${mine}`, 'content-type': 'text/x' },
        body: '{',
      }).then((r) => r.text()),
  ],
  ['a body that never comes', () => raw('Content-Length: 1000\r\n\r\n{', true)],
  ['a chunked body that never comes', () => raw('Transfer-Encoding: chunked\r\n\r\n', true)],
  [
    'a client that leaves a stream',
    async () => {
      script = held
      const leave = new AbortController()
      await chat(mine, leave.signal)
      leave.abort()
    },
  ],
  [
    'a client that leaves before the answer',
    () => {
      script = { hangs: true }
      const leave = new AbortController()
      setTimeout(() => leave.abort(), 100)
      return chat(mine, leave.signal).catch(() => {})
    },
  ],
  ['two requests in one piece', () => raw(`Content-Length: 2\r\n\r\n{}${head}Content-Length: 2\r\n\r\n{}`, false)],
  [
    'a realtime session',
    async () => {
      const socket = await session()
      socket.close()
      await new Promise((resolve) => socket.once('close', resolve))
    },
  ],
  ['a realtime session that is refused', () => session('none').catch(() => {})],
]

const head = 'POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n'

/** Sends a request as bytes, and leaves after a moment or when the other side does. */
function raw(rest: string, leaves: boolean): Promise<void> {
  return new Promise((resolve) => {
    const socket = net.connect(gateway.port, '127.0.0.1', () =>
      socket.write(`${head}Authorization: Bearer ${mine}\r\n${rest}`),
    )
    socket.on('error', () => {}).on('close', () => resolve())
    setTimeout(() => socket.destroy(), leaves ? 100 : 2_000)
  })
}

function session(model = 'voice'): Promise<WebSocket> {
  const url = `${gateway.base.replace('http', 'ws')}/v1/realtime?model=${model}`
  const socket = new WebSocket(url, [], { headers: { authorization: `Bearer ${mine}` } })
  return new Promise((resolve, reject) => socket.once('open', () => resolve(socket)).once('error', reject))
}

test.each(ways)(
  '%s makes room when it is over',
  async (_what, run) => {
    for (let i = 0; i < openMax + 1; i++) await run()
    await room()
  },
  30_000,
)

test('an open realtime session has a place', async () => {
  const sockets = await Promise.all(Array.from({ length: openMax }, () => session()))
  expect((await chat(mine)).status).toBe(429)
  await expect(session()).rejects.toThrow('429')
  for (const socket of sockets) socket.close()
  await room()
}, 30_000)
