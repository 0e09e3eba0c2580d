// An objective from outside: failures burn its budget, its webhook is told once and signed, and neither a kill nor a
// restart makes a second alert of it.
import { createHmac } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AnsweringUpstream, startAnsweringUpstream } from './answering-upstream.ts'
import { ask, type Gateway, startGateway } from './gateway.ts'
import { modelOn, providerAt } from './scripted-llm.ts'
import { sleep, until } from './until.ts'

const secret = 'whsec-of-the-acceptance-test'
let upstream: AnsweringUpstream
let gateway: Gateway
let receiver: Server
let authorization: string
const told: { headers: NodeJS.Dict<string | string[]>; body: string }[] = []

beforeAll(async () => {
  upstream = await startAnsweringUpstream()
  receiver = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => (body += chunk))
    request.on('end', () => {
      told.push({ headers: request.headers, body })
      // The first one is not taken, so it comes again.
      response.writeHead(told.length === 1 ? 503 : 200).end()
    })
  })
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`
  gateway = await startGateway({
    config: {
      providers: { up: providerAt(upstream.url) },
      models: { fast: modelOn('up', 'm'), other: modelOn('up', 'm') },
      slos: {
        'fast-answers': {
          match: { model: 'fast' },
          objective: 'availability',
          target: 0.99,
          window: '7d',
          webhook: { url, secret },
        },
        'fast-quick': { match: { model: 'fast' }, objective: 'total', threshold: '10s', target: 0.9 },
        'other-answers': { match: { model: 'other' }, objective: 'availability' },
      },
    },
  })
  authorization = `Bearer ${(await gateway.issueKey()).secret}`
})
afterAll(async () => {
  await gateway?.stop()
  await upstream?.stop()
  receiver?.close()
})

async function send(count: number): Promise<number[]> {
  const body = { model: 'fast', messages: [{ role: 'user', content: 'Hello' }] }
  const answers = Array.from({ length: count }, () =>
    ask(`${gateway.base}/v1/chat/completions`, 'POST', body, { authorization }),
  )
  return (await Promise.all(answers)).map(({ status }) => status)
}

async function standing(name: string) {
  return (await gateway.admin('GET', `/slos/${name}`)).json.status
}

test('what succeeds leaves the budget whole', async () => {
  expect(new Set(await send(20))).toEqual(new Set([200]))
  await until(async () => (await standing('fast-answers'))?.total === 20, 10_000)
  expect(await standing('fast-answers')).toMatchObject({ state: 'ok', good: 20, budgetRemaining: 1, stale: false })
  expect(await standing('fast-quick')).toMatchObject({ state: 'ok', good: 20, total: 20 })
  expect(await standing('other-answers')).toMatchObject({ total: 0 })
})

test('failures burn it, and the webhook is told, signed, until it has taken it', async () => {
  upstream.status = 500
  expect(new Set(await send(40))).toEqual(new Set([502]))
  await until(() => told.length >= 2, 20_000)
  const { headers, body } = told[1]!
  const message = JSON.parse(body)
  expect(message).toMatchObject({ type: 'slo.firing', slo: 'fast-answers', severity: 'page', rule: { burn: 50 } })
  const signed = createHmac('sha256', secret).update(`${headers['x-headgate-timestamp']}.${body}`).digest('hex')
  expect(headers['x-headgate-signature']).toBe(`sha256=${signed}`)
  expect(told[0]!.headers['x-headgate-event-id']).toBe(headers['x-headgate-event-id'])
})

test('the alert is seen on the API, in metrics and in the log, and the secret nowhere', async () => {
  const list = (await gateway.admin('GET', '/slos')).json
  expect(list.items.map(({ name }: { name: string }) => name)).toEqual(['fast-answers', 'fast-quick', 'other-answers'])
  const status = await standing('fast-answers')
  expect(status.state).toBe('page')
  expect(status.burn['1m']).toBeGreaterThan(50)
  expect(status.budgetRemaining).toBeLessThan(0)
  expect(status.alerts[0]).toMatchObject({ severity: 'page', id: JSON.parse(told[1]!.body).alertId })
  expect(list.evaluation).toMatchObject({ stale: false, silentPartitions: [] })
  const metrics = (await ask(`${gateway.control}/metrics`, 'GET')).text
  expect(metrics).toMatch(/^headgate_slo_alert\{slo="fast-answers",severity="page"\} 1$/m)
  expect(metrics).toMatch(/^headgate_slo_alert\{slo="other-answers",severity="page"\} 0$/m)
  expect(metrics).toMatch(/^headgate_slo_error_budget_remaining\{slo="fast-answers"\} -/m)
  expect(metrics).toMatch(/^headgate_slo_burn_rate\{slo="fast-answers",window="5m"\} /m)
  expect(gateway.output()).toContain('slo-alert')
  for (const text of [gateway.output(), JSON.stringify(list), metrics, told[1]!.body])
    expect(text).not.toContain(secret)
  expect(list.items[0].spec.webhook.secret).toBe('…test')
})

test('after a kill the same alert goes on: it is not told again', async () => {
  const before = await standing('fast-answers')
  await until(async () => (await gateway.admin('GET', '/slos')).json.events.every(isSettled), 10_000)
  const toldBefore = told.length
  await gateway.kill('SIGKILL')
  const { dataDir } = gateway
  gateway = await startGateway({ dataDir, environment: { HEADGATE_CONFIG: `${dataDir}/acceptance.yaml` } })
  await send(10)
  await until(async () => (await standing('fast-answers'))?.total === before.total + 10, 20_000)
  const after = await standing('fast-answers')
  expect(after.alerts.map(({ id }: { id: string }) => id)).toEqual(before.alerts.map(({ id }: { id: string }) => id))
  // Messages go out each second: one that is told again would come within this time.
  await sleep(2_000)
  expect(told).toHaveLength(toldBefore)
})

function isSettled({ delivery }: { delivery: string }): boolean {
  return delivery === 'delivered'
}
