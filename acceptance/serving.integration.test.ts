// Serving while things change: a configuration that is swapped, a key that is revoked, a reader who is slow, bodies of any size.
import { createHash } from 'node:crypto'
import { request } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type MockUpstream, startMockUpstream } from '../loadtest/mock-upstream/mock-upstream.ts'
import { ask, type Gateway, startGateway } from './gateway.ts'
import { modelOn } from './scripted-llm.ts'
import { chat, servedModels } from './served-models.ts'
import { until } from './until.ts'

let mock: MockUpstream
let gateway: Gateway
let key: string
beforeAll(async () => {
  mock = await startMockUpstream()
  gateway = await startGateway({ config: servedModels(mock) })
  key = (await gateway.issueKey()).secret
})
afterAll(async () => {
  await gateway?.stop()
  await mock?.stop()
})

const swapped = (more: object = {}) => chat({ base: gateway.base, secret: key, model: 'swapped', more })

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
        swapped({ stream }).then(
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
    const { headers } = await swapped()
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
      const { status } = await chat({ base: gateway.base, secret, model: 'swapped' })
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
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
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
  const told = await swapped({ padding: 'x'.repeat(bytes) })
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
  const init = {
    method: 'POST',
    body,
    duplex: 'half',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
  }
  const answer = await fetch(`${gateway.base}/v1/chat/completions`, init as RequestInit)
  expect([answer.status, JSON.parse(await answer.text()).object]).toEqual([200, 'chat.completion'])
})

test.each(['/v1', '/openai/v1', ''])('chat and embeddings are served under %s', async (prefix) => {
  const messages = [{ role: 'user', content: 'hi' }]
  const base = `${gateway.base}${prefix}`
  const chatted = await ask(
    `${base}/chat/completions`,
    'POST',
    { model: 'demo/echo', messages },
    { authorization: `Bearer ${key}` },
  )
  const embedded = await ask(
    `${base}/embeddings`,
    'POST',
    { model: 'demo/embed', input: 'hi' },
    { authorization: `Bearer ${key}` },
  )
  expect([chatted.json.object, embedded.json.object]).toEqual(['chat.completion', 'list'])
})
