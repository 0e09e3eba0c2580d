// Memory for bodies that stays nearly used up: every port of the process says so, and it goes on serving.
import net from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort } from '../../shared/free-ports.ts'
import { type Gateway, startGateway } from '../gateway.ts'
import { ask } from '../http.ts'

const teams = ['a', 'b', 'c', 'd']
const sockets: net.Socket[] = []
let gateway: Gateway
let opsPort = 0
const told = expect.arrayContaining([expect.stringContaining('request bodies is nearly used up')])
beforeAll(async () => {
  opsPort = await freePort(Math.random)
  gateway = await startGateway({
    config: { teams: Object.fromEntries(teams.map((team) => [team, {}])) },
    environment: { HEADGATE_BODY_MEMORY_MAX: '16MiB', HEADGATE_OPS_PORT: `${opsPort}` },
  })
})
afterAll(async () => {
  for (const socket of sockets) socket.destroy()
  await gateway?.stop()
})

test('memory that is nearly used up is degraded on every port, and small requests are served', async () => {
  for (const team of [...teams, ...teams]) hold((await gateway.issueKey({ owner: { team } })).secret)
  const ports = [gateway.base, gateway.control, `http://127.0.0.1:${opsPort}`]
  for (const port of ports) {
    await expect
      .poll(async () => (await ask(`${port}/readyz?verbose`, 'GET')).json, { timeout: 30_000 })
      .toMatchObject({ status: 'degraded', reasons: told })
    expect((await ask(`${port}/readyz`, 'GET')).status).toBe(200)
  }
  const [node] = (await gateway.admin('GET', '/nodes')).json.nodes
  expect(node.troubles).toEqual(told)
  const { text } = await ask(`${gateway.control}/metrics`, 'GET')
  expect(figureOf(text, 'headgate_body_memory_max_bytes', 'bodies')).toBe(16 << 20)
  expect(figureOf(text, 'headgate_body_memory_bytes', 'bodies')).toBeGreaterThan(12.8 * (1 << 20))
  expect(figureOf(text, 'headgate_heap_bytes')).toBeLessThan(figureOf(text, 'headgate_heap_max_bytes'))
})

test('a large body is refused meanwhile, and counted by whose part was used up', async () => {
  const { secret } = await gateway.issueKey()
  const answer = await ask(
    `${gateway.base}/v1/chat/completions`,
    'POST',
    { model: 'm', text: 'x'.repeat(1_500_000) },
    {
      authorization: `Bearer ${secret}`,
    },
  )
  expect([answer.status, answer.json.error.code]).toEqual([503, 'overloaded'])
  expect(answer.json.error.message).toMatch(/all the memory that one team may have|is used up/)
  await expect
    .poll(async () => (await ask(`${gateway.control}/metrics`, 'GET')).text)
    .toMatch(/headgate_body_memory_refusals_total\{[^}]*memory="bodies",part="(team|all)"\} [1-9]/)
})

test('once the memory is free again all is well', async () => {
  for (const socket of sockets) socket.destroy()
  await expect
    .poll(async () => (await ask(`${gateway.control}/readyz?verbose`, 'GET')).json.reasons, { timeout: 10_000 })
    .not.toContainEqual(expect.stringContaining('nearly used up'))
})

/** Sends most of a body, and the rest so slowly that it is just not cut. */
function hold(key: string): void {
  const socket = net.connect(gateway.port, '127.0.0.1')
  sockets.push(socket)
  socket.on('error', () => {})
  const head = `POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\n`
  socket.write(`${head}Content-Length: 2000000\r\n\r\n${' '.repeat(1_100_000)}`)
  const timer = setInterval(() => socket.writable && socket.write(' '.repeat(3_000)), 100)
  socket.once('close', () => clearInterval(timer))
}

function figureOf(metrics: string, name: string, memory?: string): number {
  const labels = memory === undefined ? '' : `[^}]*memory="${memory}"`
  return Number(new RegExp(`^${name}\\{[^}]*${labels}[^}]*\\} (\\S+)`, 'm').exec(metrics)?.[1])
}
