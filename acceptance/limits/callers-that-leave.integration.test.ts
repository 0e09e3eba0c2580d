// U19, C1 and C2 of the fault matrix (`docs/fault-matrix.md`), under a hard budget: a provider that answers after the deadline, and callers that
// leave before the answer and in the middle of it. The upstream is left at once, the request is one money event on the safe side, and nothing
// stays reserved.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { busyness } from '../../shared/test-load.ts'
import { type Gateway, startGateway } from '../gateway.ts'

const outputPrice = 1_000
/** Output tokens that the provider charges for. */
const outputTokens = 30
const lateMs = 1_200

let provider: Server
let gateway: Gateway
let secret: string
/** When the gateway left each exchange, by what was asked. */
const leftMs = new Map<string, number>()

beforeAll(async () => {
  provider = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString()
    })
    request.on('end', () => {
      const how = /<<(\w+)>>/.exec(body)?.[1] ?? ''
      response.on('close', () => {
        if (!response.writableFinished) leftMs.set(how, performance.now())
      })
      if (how === 'late') setTimeout(() => response.end(JSON.stringify(whole())), lateMs)
      if (how !== 'stream') return
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      for (let event = 0; event < 8; event++) response.write(piece(event))
    })
  })
  await new Promise<void>((listening) => provider.listen(0, '127.0.0.1', listening))
  const baseUrl = `http://127.0.0.1:${(provider.address() as AddressInfo).port}/v1`
  const price = { inputPerMTok: 1, outputPerMTok: outputPrice }
  gateway = await startGateway({
    config: {
      providers: { fake: { kind: 'openai', baseUrl, credentials: [{ name: 'main', apiKey: 'sk-upstream-canary' }] } },
      models: { m: { targets: [{ provider: 'fake', model: 'm', price }], retries: { attempts: 1 } } },
      teams: { payers: {} },
      budgets: { all: { team: 'payers', usd: 100, window: '1d' } },
    },
  })
  secret = (await gateway.issueKey({ owner: { team: 'payers' } })).secret
}, 120_000)
afterAll(async () => {
  await gateway?.stop()
  provider?.closeAllConnections()
  provider?.close()
})

function whole(): object {
  const message = { role: 'assistant', content: 'late' }
  const usage = { prompt_tokens: 5, completion_tokens: outputTokens, total_tokens: 5 + outputTokens }
  return {
    id: 'c',
    object: 'chat.completion',
    created: 1,
    model: 'm',
    choices: [{ index: 0, message, finish_reason: 'stop' }],
    usage,
  }
}

function piece(event: number): string {
  const choices = [{ index: 0, delta: { content: `word${event} ` }, finish_reason: null }]
  return `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices })}\n\n`
}

function send(
  how: string,
  { signal, ...headers }: { signal?: AbortSignal } & Record<string, unknown>,
): Promise<Response> {
  return fetch(`${gateway.base}/v1/chat/completions`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${secret}`,
      'content-type': 'application/json',
      'x-request-id': how,
      ...(headers as object),
    },
    body: JSON.stringify({
      model: 'm',
      max_tokens: 100,
      stream: how === 'stream',
      messages: [{ role: 'user', content: `<<${how}>>` }],
    }),
    signal: signal ?? null,
  })
}

/** What the ledger has of a request. */
async function bookedOf(id: string) {
  const items = async () =>
    (await gateway.admin('GET', `/ledger?requestId=${id}`)).json.items as Record<string, string>[]
  await expect.poll(async () => (await items()).length, { timeout: 15_000 }).toBe(1)
  return (await items())[0] as Record<string, string>
}

const abortMsMax = 100

test('U19: a provider that answers after the deadline is not waited for, and what it may charge is booked', async () => {
  const response = await send('late', { 'x-headgate-timeout': '300ms' })
  expect(response.status).toBe(504)
  await new Promise((resolve) => setTimeout(resolve, lateMs))
  const booked = await bookedOf('late')
  expect(booked).toMatchObject({ settlement: 'bound' })
  expect(Number(booked['costNanoUsd'])).toBeGreaterThanOrEqual(outputTokens * outputPrice * 1_000)
}, 60_000)

test('C1: a caller that leaves before the answer ends the exchange with the provider within 100 ms', async () => {
  const leaving = new AbortController()
  const sent = send('hang', { signal: leaving.signal }).catch(() => undefined)
  await new Promise((resolve) => setTimeout(resolve, 500))
  const beforeMs = performance.now()
  leaving.abort()
  await sent
  await expect.poll(() => leftMs.get('hang'), { timeout: 5_000 }).toBeDefined()
  expect((leftMs.get('hang') ?? 0) - beforeMs).toBeLessThan(abortMsMax * Math.max(1, busyness() * 2))
  expect(await bookedOf('hang')).toMatchObject({ settlement: 'estimated' })
}, 60_000)

test('C2: a caller that leaves in the middle of a stream pays for what has come', async () => {
  const leaving = new AbortController()
  const response = await send('stream', { signal: leaving.signal })
  const reader = response.body?.getReader()
  let text = ''
  while (!text.includes('word5')) text += new TextDecoder().decode((await reader?.read())?.value)
  const beforeMs = performance.now()
  leaving.abort()
  await expect.poll(() => leftMs.get('stream'), { timeout: 5_000 }).toBeDefined()
  expect((leftMs.get('stream') ?? 0) - beforeMs).toBeLessThan(abortMsMax * Math.max(1, busyness() * 2))
  const booked = await bookedOf('stream')
  expect(booked['settlement']).toBe('estimated')
  expect(Number(booked['costNanoUsd'])).toBeGreaterThan(5 * outputPrice * 1_000)
}, 60_000)

test('a minute later nothing of the budget is reserved, and what is spent is what is booked', async () => {
  const status = async () => (await gateway.admin('GET', '/budgets:status')).json.budgets[0]
  await expect.poll(async () => (await status()).reservedUsd, { timeout: 60_000, interval: 500 }).toBe(0)
  const booked = await Promise.all(['late', 'hang', 'stream'].map(bookedOf))
  const sum = booked.reduce((usd, { costNanoUsd }) => usd + Number(costNanoUsd), 0)
  expect(Math.round((await status()).spentUsd * 1e9)).toBe(sum)
}, 90_000)
