// The outbox against a real receiver that checks signatures the way the guide tells its writers to.
import { createHmac } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, expect, test } from 'vitest'
import { systemClock } from '../../../shared/clock.ts'
import type { Notice } from '../../../shared/notice.ts'
import type { AlertEvent } from '../../../shared/telemetry/slo-state.ts'
import { AlertLog } from '../slo/alert-log.ts'
import { alertMessage } from '../slo/alert-message.ts'
import { compileObjective } from '../slo/objective.ts'
import { Outbox, type Webhook } from './outbox.ts'
import { webhookClient } from './webhook-client.ts'

const secret = 'whsec-0123456789'
const objective = compileObjective('all', { objective: 'ttft', threshold: '1s', match: { model: 'fast' } })
let servers: Server[] = []
afterEach(() => {
  for (const server of servers) server.close()
  servers = []
})

interface Received {
  headers: NodeJS.Dict<string | string[]>
  body: string
}

/** Answers with these, one after another, the last one for ever. */
async function receiver(...statuses: number[]) {
  const received: Received[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => (body += chunk))
    request.on('end', () => {
      received.push({ headers: request.headers, body })
      const status = statuses.length > 1 ? statuses.shift()! : statuses[0]!
      response.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end('ok')
    })
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { received, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?token=in-the-url` }
}

function event(type: AlertEvent['type'] = 'firing', atMs = systemClock.wallMs()): AlertEvent {
  const rule = { factor: 14.4, longMs: 3_600_000, burn: { '1h': 20 }, budgetRemaining: 0.5 }
  const common = { alertId: 'all/page/1', slo: 'all', severity: 'page' as const, sinceMs: atMs, ...rule }
  return { id: `all/page/1/${type}`, type, ...common, atMs, delivery: 'waiting' }
}

function rig(webhook: Partial<Webhook> & { url: string }, { egressStrict = false } = {}) {
  const log = new AlertLog()
  log.open(new DatabaseSync(':memory:'))
  const notices: Notice[] = []
  const deliver = webhookClient({ egressStrict, clock: systemClock })
  const around = { clock: systemClock, chance: () => 0, notify: (notice: Notice) => notices.push(notice) }
  const outbox = new Outbox<AlertEvent>({ kind: 'slos', nameOf: ({ slo }) => slo, log, deliver, ...around })
  const whole = { allowPrivate: false, secret: () => secret, ...webhook }
  outbox.configure(new Map([['all', { webhook: whole, message: (told: AlertEvent) => alertMessage(told, objective) }]]))
  const sending = setInterval(() => outbox.send(), 20)
  const until = async (delivery: AlertEvent['delivery']) => {
    await expect.poll(() => log.events().at(-1)?.delivery, { timeout: 60_000 }).toBe(delivery)
    clearInterval(sending)
  }
  return { log, outbox, notices, until, stop: () => clearInterval(sending) }
}

test('an event is told once, signed over its time and its body', async () => {
  const { received, url } = await receiver(200)
  const { log, until } = rig({ url })
  log.put(event())
  await until('delivered')
  expect(received).toHaveLength(1)
  const { headers, body } = received[0]!
  const timestamp = String(headers['x-headgate-timestamp'])
  const expected = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')
  expect(headers['x-headgate-signature']).toBe(`sha256=${expected}`)
  expect(Math.abs(Date.now() / 1_000 - Number(timestamp))).toBeLessThan(60)
  expect(JSON.parse(body)).toMatchObject({
    id: 'all/page/1/firing',
    type: 'slo.firing',
    slo: 'all',
    severity: 'page',
    objective: 'ttft',
    match: { model: 'fast' },
    thresholdMs: 1_000,
    rule: { burn: 14.4, windowSeconds: 3_600 },
  })
  expect(headers['x-headgate-event-id']).toBe('all/page/1/firing')
})

test('what fails is told again under the same id until it is taken, and the operator learns of it once', async () => {
  const { received, url } = await receiver(500, 302, 204)
  const { log, notices, until } = rig({ url })
  log.put(event())
  await until('delivered')
  expect(received.map(({ headers }) => headers['x-headgate-event-id'])).toEqual(Array(3).fill('all/page/1/firing'))
  expect(notices).toEqual([
    {
      type: 'webhook-failed',
      kind: 'slos',
      name: 'all',
      origin: new URL(url).origin,
      problem: 'it answered 500',
      givenUp: false,
    },
  ])
  expect(JSON.stringify(notices)).not.toContain('in-the-url')
})

test('an end is told after its beginning, however long that takes', async () => {
  const { received, url } = await receiver(503, 200)
  const { log, until } = rig({ url })
  log.put(event())
  log.put(event('resolved'))
  await until('delivered')
  expect(received.map(({ headers }) => String(headers['x-headgate-event-id']).split('/').at(-1))).toEqual([
    'firing',
    'firing',
    'resolved',
  ])
})

test('without a secret a message is not signed, and with one that cannot be opened none is sent', async () => {
  const { received, url } = await receiver(200)
  const plain = rig({ url, secret: () => undefined })
  plain.log.put(event())
  await plain.until('delivered')
  expect(received[0]!.headers['x-headgate-signature']).toBeUndefined()
  const closed = rig({
    url,
    secret: () => {
      throw new Error('its secret cannot be opened on this node')
    },
  })
  closed.log.put(event())
  await expect.poll(() => closed.notices.length).toBe(1)
  closed.stop()
  expect(received).toHaveLength(1)
})

test.each([
  ['a private address under strict egress', 'http://127.0.0.1:9/', true, 'private addresses need allowPrivate'],
  ['a name of a private address under strict egress', 'https://localhost.:9/', true, 'private addresses need'],
  ['the address of a metadata service', 'http://169.254.169.254/', false, 'metadata service'],
])('%s is not called', async (_, url, egressStrict, problem) => {
  const { log, notices, stop } = rig({ url }, { egressStrict })
  log.put(event())
  await expect.poll(() => notices.length).toBe(1)
  stop()
  expect(notices[0]).toMatchObject({ type: 'webhook-failed', problem: expect.stringContaining(problem) })
})

test('a private address is called where the webhook says so', async () => {
  const { received, url } = await receiver(200)
  const { log, until } = rig({ url, allowPrivate: true }, { egressStrict: true })
  log.put(event())
  await until('delivered')
  expect(received).toHaveLength(1)
})

test('an event that could not be told for a day is given up, and one that nobody wants is let go', async () => {
  const { url } = await receiver(500)
  const old = rig({ url })
  old.log.put(event('firing', systemClock.wallMs() - 86_500_000))
  await old.until('given-up')
  expect(old.notices).toMatchObject([{ givenUp: true }])
  const unwanted = rig({ url })
  unwanted.outbox.configure(new Map())
  unwanted.log.put(event())
  await unwanted.until('none')
})
