// What a crash loop may not do: give somebody back what a change has taken. From outside a kill looks like a crash.
import { rmSync } from 'node:fs'
import { afterEach, expect, test } from 'vitest'
import { freePort } from '../shared/free-ports.ts'
import { ask, type Gateway, startGateway } from './gateway.ts'
import { sleep } from './until.ts'

let gateway: Gateway | undefined
afterEach(async () => {
  await gateway?.stop()
  if (gateway !== undefined) rmSync(gateway.dataDir, { recursive: true, force: true })
})

/** A configuration that was served for 10 s is trusted; one that came meanwhile, 10 s later. */
const wellMs = 20_500

async function crashed(before: Gateway, environment: Record<string, string> = {}): Promise<Gateway> {
  await before.kill()
  gateway = await startGateway({ dataDir: before.dataDir, environment })
  return gateway
}

const echoed = async ({ base }: Gateway, secret: string) => {
  const body = { model: 'demo/echo', messages: [{ role: 'user', content: 'hi' }] }
  return (await ask(`${base}/v1/chat/completions`, 'POST', body, { authorization: `Bearer ${secret}` })).status
}
const reasonsAt = async (origin: string) => (await ask(`${origin}/readyz?verbose`, 'GET')).json.reasons.join() as string

test('a team that was narrowed does not get its models back, however often the process ends', async () => {
  let node = await startGateway()
  gateway = node
  await node.admin('PUT', '/teams/z', {})
  const { secret } = await node.issueKey({ owner: { team: 'z' } })
  expect(await echoed(node, secret)).toBe(200)
  await sleep(wellMs)
  expect((await node.admin('PUT', '/teams/z', { models: ['demo/slow'] })).status).toBe(200)
  const statuses = [await echoed(node, secret)]
  for (let i = 0; i < 5; i++) {
    node = await crashed(node)
    statuses.push(await echoed(node, secret))
  }
  expect(statuses).toEqual([403, 403, 403, 403, 403, 403])
  expect(node.output()).not.toContain('config-rolled-back')
}, 120_000)

test('what may be held back is told on every port, and in /nodes, until somebody writes', async () => {
  const opsPort = await freePort(Math.random)
  const environment = { HEADGATE_OPS_PORT: `${opsPort}` }
  let node = await startGateway({ environment })
  gateway = node
  const { secret } = await node.issueKey()
  await sleep(wellMs)
  const { revision } = (await node.admin('PUT', '/teams/suspect', {})).json as { revision: number }
  for (let i = 0; i < 4; i++) node = await crashed(node, environment)
  const reason = `of the configuration is served instead of ${revision}`
  for (const origin of [node.base, node.control, `http://127.0.0.1:${opsPort}`]) {
    await expect.poll(() => reasonsAt(origin)).toContain(reason)
  }
  await expect.poll(async () => JSON.stringify((await node.admin('GET', '/nodes')).json)).toContain(reason)
  expect(await echoed(node, secret)).toBe(200)
  await node.admin('PUT', '/teams/next', {})
  await expect.poll(() => reasonsAt(node.control)).toBe('')
}, 120_000)
