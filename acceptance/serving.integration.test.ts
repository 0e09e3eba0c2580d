// Serving while things change: a configuration that is swapped, a key that is revoked, a process that is asked to stop, a
// reader who is slow, and TLS on both ports.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { get, request } from 'node:http'
import { request as requestTls } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeCertificates } from '../loadtest/mock-upstream/certificates.ts'
import { type MockUpstream, startMockUpstream } from '../loadtest/mock-upstream/mock-upstream.ts'
import { adminToken, ask, type Gateway, startGateway } from './gateway.ts'
import { closing } from './http.ts'
import { modelOn, providerAt } from './scripted-llm.ts'
import { until } from './until.ts'

const hasOpenssl = spawnSync('openssl', ['version']).status === 0
if (!hasOpenssl) process.stderr.write('skipped: TLS, as openssl is not on this machine\n')

let mock: MockUpstream
let gateway: Gateway
let authorization: string

beforeAll(async () => {
  mock = await startMockUpstream({ tls: hasOpenssl })
  gateway = await startGateway({ config: configOf() })
  authorization = `Bearer ${(await gateway.issueKey()).secret}`
})
afterAll(async () => {
  await gateway?.stop()
  await mock?.stop()
})

function configOf() {
  return {
    providers: { mock: providerAt(mock.url) },
    models: {
      swapped: modelOn('mock', 'gpt-a'),
      long: modelOn('mock', 'mock.chunks-120.pace-20'),
      large: modelOn('mock', 'mock.chunks-50000'),
    },
  }
}

function chat(base: string, model: string, more: object = {}, key = authorization, headers: object = {}) {
  const body = { model, messages: [{ role: 'user', content: 'hi' }], ...more }
  return ask(`${base}/v1/chat/completions`, 'POST', body, { authorization: key, ...headers })
}

test('a target is swapped under load, and no request fails', async () => {
  const perSecond = 200
  const seconds = 3
  const answers: Promise<string>[] = []
  let swapping = true
  const swaps = (async () => {
    let revision = 0
    for (let i = 1; swapping; i++) {
      const told = await gateway.admin('PUT', '/models/swapped', modelOn('mock', i % 2 === 0 ? 'gpt-a' : 'gpt-b'))
      expect(told.status).toBe(200)
      expect(told.json.revision).toBeGreaterThan(revision)
      revision = told.json.revision
      await pause(100)
    }
    return revision
  })()
  const startedMs = performance.now()
  while (answers.length < perSecond * seconds) {
    const due = Math.floor(((performance.now() - startedMs) / 1_000) * perSecond)
    while (answers.length < Math.min(due, perSecond * seconds)) {
      const stream = answers.length % 4 === 0
      answers.push(
        chat(gateway.base, 'swapped', { stream }).then(
          ({ status, headers, text }) =>
            `${status} ${headers.get('x-headgate-model')} ${!stream || text.endsWith('data: [DONE]\n\n')}`,
          (error: unknown) => String(error),
        ),
      )
    }
    await pause(5)
  }
  const outcomes = await Promise.all(answers)
  swapping = false
  await swaps
  expect([...new Set(outcomes)].sort()).toEqual(['200 gpt-a true', '200 gpt-b true'])
})

test('the answer to a change comes when the change holds', async () => {
  for (const target of ['gpt-c', 'gpt-d', 'gpt-e', 'gpt-a']) {
    const { json } = await gateway.admin('PUT', '/models/swapped', modelOn('mock', target))
    const { headers } = await chat(gateway.base, 'swapped')
    expect(headers.get('x-headgate-model')).toBe(target)
    expect(Number(headers.get('x-headgate-config-revision'))).toBeGreaterThanOrEqual(json.revision)
  }
})

test('a key is known when its answer comes, and refused within 100 ms of being revoked', async () => {
  const { id, secret } = await gateway.issueKey()
  const outcomes: { status: number; begunMs: number }[] = []
  let asking = true
  const caller = (async () => {
    while (asking) {
      const begunMs = performance.now()
      const { status } = await chat(gateway.base, 'swapped', {}, `Bearer ${secret}`)
      outcomes.push({ status, begunMs })
    }
  })()
  await until(() => outcomes.length >= 5, 10_000)
  expect((await gateway.admin('DELETE', `/keys/${id}`)).status).toBe(200)
  const revokedAtMs = performance.now()
  const late = () => outcomes.filter(({ begunMs }) => begunMs > revokedAtMs + 100)
  await until(() => late().length > 3, 10_000)
  asking = false
  await caller
  expect(outcomes[0]?.status).toBe(200)
  expect(late().filter(({ status }) => status !== 401)).toEqual([])
})

test('a reader who stops for a second and goes on gets every byte', async () => {
  const body = JSON.stringify({
    model: 'mock.chunks-50000',
    stream: true,
    messages: [{ role: 'user', content: 'hi' }],
  })
  const direct = await digestOf(mock.url, body, async () => {})
  expect(direct.bytes).toBeGreaterThan(10_000_000)
  const through = await digestOf(gateway.base, body.replace('mock.chunks-50000', 'large'), async (answer) => {
    answer.pause()
    await pause(1_000)
    answer.resume()
  })
  expect(through).toEqual(direct)
})

async function digestOf(base: string, body: string, atFirst: (answer: NodeJS.ReadableStream) => Promise<void>) {
  const headers = { authorization, 'content-type': 'application/json' }
  const answer = await new Promise<NodeJS.ReadableStream>((resolve, reject) => {
    request(`${base}/v1/chat/completions`, { method: 'POST', headers }, resolve).on('error', reject).end(body)
  })
  const hash = createHash('sha256')
  let bytes = 0
  answer.once('data', () => void atFirst(answer))
  answer.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    hash.update(chunk)
  })
  await new Promise<void>((resolve, reject) => answer.on('end', resolve).on('error', reject).on('close', reject))
  return { bytes, digest: hash.digest('hex') }
}

test.each([
  ['32 KB', 32 << 10],
  ['1 MB', 1 << 20],
  ['10 MB', 10 << 20],
  ['50 MB', 50 << 20],
])('a body of %s passes (wire 13)', async (_, bytes) => {
  await mock.reset()
  const told = await chat(gateway.base, 'swapped', { padding: 'x'.repeat(bytes) })
  expect([told.status, told.headers.get('x-headgate-attempts')]).toEqual([200, '1'])
  expect((await mock.ledger()).requestBytes).toBeGreaterThan(bytes)
})

test('a body that comes in chunks passes', async () => {
  const parts = ['{"model":"swapped","messages":[', '{"role":"user",', '"content":"in three parts"}]}']
  const body = new ReadableStream({
    async pull(controller) {
      const part = parts.shift()
      if (part === undefined) controller.close()
      else controller.enqueue(Buffer.from(part))
    },
  })
  const init = { method: 'POST', body, duplex: 'half', headers: { authorization, 'content-type': 'application/json' } }
  const answer = await fetch(`${gateway.base}/v1/chat/completions`, init as RequestInit)
  expect([answer.status, JSON.parse(await answer.text()).object]).toEqual([200, 'chat.completion'])
})

test.each(['/v1', '/openai/v1', ''])('chat and embeddings are served under %s', async (prefix) => {
  const messages = [{ role: 'user', content: 'hi' }]
  const base = `${gateway.base}${prefix}`
  const chatted = await ask(`${base}/chat/completions`, 'POST', { model: 'demo/echo', messages }, { authorization })
  const embedded = await ask(`${base}/embeddings`, 'POST', { model: 'demo/embed', input: 'hi' }, { authorization })
  expect([chatted.json.object, embedded.json.object]).toEqual(['chat.completion', 'list'])
})

test('a stop lets open streams finish, takes no new connections, and ends with 0', async () => {
  const stopping = await startGateway({ config: configOf() })
  try {
    const key = `Bearer ${(await stopping.issueKey()).secret}`
    const streams = Array.from({ length: 8 }, () => chat(stopping.base, 'long', { stream: true }, key, closing))
    await until(async () => (await mock.ledger()).streamsOpen >= 8, 10_000)
    stopping.signal('SIGTERM')
    await until(() => isRefused(stopping.port), 10_000)
    expect((await mock.ledger()).streamsOpen).toBe(8)
    const answers = await Promise.all(streams)
    expect(answers.map(({ text }) => text.split('\n\n').length)).toEqual(answers.map(() => 123))
    expect(answers.every(({ text }) => text.endsWith('data: [DONE]\n\n'))).toBe(true)
    await stopping.ended
    expect(stopping.exitCode).toBe(0)
  } finally {
    await stopping.stop()
  }
})

test('a stop under load fails no request that had a connection', async () => {
  const stopping = await startGateway({ config: configOf() })
  try {
    const key = `Bearer ${(await stopping.issueKey()).secret}`
    const outcomes = new Map<string, number>()
    const lane = async () => {
      for (;;) {
        const outcome = await chat(stopping.base, 'demo/echo', {}, key).then(
          ({ status, json }) => `${status} ${json.object}`,
          (error: Error) => String((error.cause as NodeJS.ErrnoException).code),
        )
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
        if (!outcome.startsWith('2')) return
      }
    }
    const lanes = Array.from({ length: 30 }, lane)
    await until(() => (outcomes.get('200 chat.completion') ?? 0) > 60, 20_000)
    stopping.signal('SIGTERM')
    await Promise.all([...lanes, stopping.ended])
    expect([...outcomes.keys()].sort()).toEqual(['200 chat.completion', 'ECONNREFUSED'])
    expect(stopping.exitCode).toBe(0)
  } finally {
    await stopping.stop()
  }
})

test('what a stop has let finish is in the history of the next start', async () => {
  const first = await startGateway({ config: configOf() })
  let second: Gateway | undefined
  try {
    const key = `Bearer ${(await first.issueKey()).secret}`
    const stream = chat(first.base, 'long', { stream: true }, key, closing)
    await until(async () => (await mock.ledger()).streamsOpen >= 1, 10_000)
    await first.kill('SIGTERM')
    expect((await stream).text).toContain('[DONE]')
    second = await startGateway({ config: configOf(), dataDir: first.dataDir })
    const { admin } = second
    await expect
      .poll(async () => (await admin('GET', '/usage?groupBy=model')).json.rows, { timeout: 10_000 })
      .toMatchObject([{ model: 'long', requests: 1, inputTokens: 9, outputTokens: 120 }])
    expect((await chat(second.base, 'swapped', {}, key)).status).toBe(200)
  } finally {
    await second?.stop()
    await first.stop()
  }
})

function isRefused(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    get({ port, host: '127.0.0.1', path: '/livez', agent: false }, (answer) => {
      answer.resume()
      resolve(false)
    }).on('error', ({ code }: NodeJS.ErrnoException) => resolve(code === 'ECONNREFUSED'))
  })
}

describe.skipIf(!hasOpenssl)('TLS', () => {
  let folder: string
  let secure: Gateway
  let ca: string

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'headgate-tls-'))
    const { authorityFile, certificateFile, keyFile } = makeCertificates(folder)
    ca = readFileSync(authorityFile, 'utf8')
    secure = await startGateway({
      scheme: 'https',
      environment: { HEADGATE_TLS_CERT: certificateFile, HEADGATE_TLS_KEY: keyFile },
      config: {
        providers: {
          trusted: { ...providerAt(mock.tlsUrl!), tls: { ca: mock.authority!.pem } },
          stranger: providerAt(mock.tlsUrl!),
        },
        models: { trusted: modelOn('trusted', 'gpt-x'), stranger: modelOn('stranger', 'gpt-x') },
      },
    })
    await until(async () => (await askTls(`${secure.base}/readyz`, {}).catch(() => undefined))?.status === 200, 30_000)
  })
  afterAll(async () => {
    await secure?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  function askTls(
    url: string,
    headers: Record<string, string>,
    body?: object,
  ): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
      const type = { 'content-type': 'application/json' }
      const asked = requestTls(
        url,
        { ca, headers: { ...headers, ...type }, method: body ? 'POST' : 'GET' },
        (answer) => {
          let text = ''
          answer.setEncoding('utf8').on('data', (part: string) => {
            text += part
          })
          answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }))
        },
      )
      asked.on('error', reject).end(body === undefined ? undefined : JSON.stringify(body))
    })
  }

  test('is spoken on both ports and to the upstream', async () => {
    const bearer = { authorization: `Bearer ${adminToken}` }
    const issued = await askTls(`${secure.control}/api/v1/keys`, bearer, { name: 'over-tls' })
    expect(issued.status).toBe(201)
    const key = { authorization: `Bearer ${JSON.parse(issued.text).secret}` }
    const body = { messages: [{ role: 'user', content: 'hi' }] }
    const path = `${secure.base}/v1/chat/completions`
    const unary = await askTls(path, key, { ...body, model: 'trusted' })
    expect([unary.status, JSON.parse(unary.text).object]).toEqual([200, 'chat.completion'])
    const stream = await askTls(path, key, { ...body, model: 'trusted', stream: true })
    expect(stream.text.endsWith('data: [DONE]\n\n')).toBe(true)
    const unverified = await askTls(path, key, { ...body, model: 'stranger' })
    expect([unverified.status, JSON.parse(unverified.text).error.code]).toEqual([502, 'upstream_tls'])
  })

  test('is the only thing spoken there', async () => {
    for (const port of [secure.port, secure.controlPort]) {
      await expect(fetch(`http://127.0.0.1:${port}/livez`)).rejects.toThrow()
    }
    expect(secure.output()).toContain(`https://127.0.0.1:${secure.port}/v1`)
  })
})
