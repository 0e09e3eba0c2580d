// The webhook of a budget from outside: told signed, until it has taken the message, and after a restart not again.
import { createHmac } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AnsweringUpstream, startAnsweringUpstream } from '../answering-upstream.ts'
import { ask, type Gateway, startGateway } from '../gateway.ts'
import { providerAt } from '../scripted-llm.ts'
import { until } from '../until.ts'
import { price } from './budget-callers.ts'

const secret = 'whsec-of-the-budgets-test'
const told: { headers: NodeJS.Dict<string | string[]>; body: string }[] = []
let receiver: Server
let upstream: AnsweringUpstream
let gateway: Gateway
let authorization: string

beforeAll(async () => {
  upstream = await startAnsweringUpstream()
  receiver = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => (body += chunk))
    request.on('end', () => {
      told.push({ headers: request.headers, body })
      // The first one is not taken, so it comes again.
      response.writeHead(told.length === 1 ? 500 : 204).end()
    })
  })
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook?token=in-the-url`
  gateway = await startGateway({
    config: {
      providers: { up: providerAt(upstream.url) },
      models: { fast: { targets: [{ provider: 'up', model: 'm', price }] } },
      teams: { search: {} },
      budgets: {
        search: { team: 'search', usd: 0.01, window: '1mo', alertAt: [0.1, 1], webhook: { url, secret } },
      },
    },
  })
  authorization = `Bearer ${(await gateway.issueKey({ owner: { team: 'search' } })).secret}`
})
afterAll(async () => {
  await gateway?.stop()
  await upstream?.stop()
  receiver?.close()
})

async function call(): Promise<number> {
  const body = { model: 'fast', messages: [{ role: 'user', content: 'Hello' }], max_tokens: 5 }
  return (await ask(`${gateway.base}/v1/chat/completions`, 'POST', body, { authorization })).status
}

test('a passed part is told, signed, until the webhook has taken it, and the API shows it', async () => {
  expect([await call(), await call()]).toEqual([200, 200])
  await until(() => told.length >= 2, 30_000)
  const { headers, body } = told[1] ?? { headers: {}, body: '' }
  expect(JSON.parse(body)).toMatchObject({
    type: 'budget.alert',
    budget: 'search',
    owner: { team: 'search' },
    threshold: 0.1,
    limitUsd: 0.01,
  })
  const signed = createHmac('sha256', secret).update(`${headers['x-headgate-timestamp']}.${body}`).digest('hex')
  expect(headers['x-headgate-signature']).toBe(`sha256=${signed}`)
  expect(told[0]?.headers['x-headgate-event-id']).toBe(headers['x-headgate-event-id'])
  const status = async () => (await gateway.admin('GET', '/budgets:status')).json
  await until(async () => (await status()).events[0]?.delivery === 'delivered', 10_000)
  expect((await status()).events).toHaveLength(1)
  for (const text of [gateway.output(), JSON.stringify(await status()), body]) expect(text).not.toContain(secret)
  expect(gateway.output()).not.toContain('in-the-url')
  expect((await gateway.admin('GET', '/budgets/search')).json.spec.webhook.secret).toBe('…test')
})

test('after a kill nobody is told again', async () => {
  const before = told.length
  await gateway.kill('SIGKILL')
  const { dataDir } = gateway
  gateway = await startGateway({ dataDir, environment: { HEADGATE_CONFIG: `${dataDir}/acceptance.yaml` } })
  expect(await call()).toBe(200)
  await until(async () => (await gateway.admin('GET', '/budgets:status')).json.events.length === 1, 10_000)
  await new Promise((resolve) => setTimeout(resolve, 6_000))
  expect(told.length).toBe(before)
})
