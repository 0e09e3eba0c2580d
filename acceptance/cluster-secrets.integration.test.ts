// Provider secrets in a cluster: sealed once, opened by every node, forgotten by every node.

import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Cluster, type ClusterNode, chat, findNatsServer, startCluster } from './cluster.ts'

const secret = 'sk-cluster-0123456789abcdef'
const within = { timeout: 60_000, interval: 50 }
let cluster: Cluster
let control: ClusterNode
let proxies: ClusterNode[]
let upstream: Server
const seen: (string | undefined)[] = []

beforeAll(async () => {
  if (findNatsServer() === undefined) return
  upstream = createServer((request, response) => {
    seen.push(request.headers.authorization)
    const choices = [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }]
    request.resume().on('end', () => {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ id: '1', object: 'chat.completion', model: 'm', choices }))
    })
  })
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
  cluster = await startCluster()
  control = await cluster.start('control')
  proxies = [await cluster.start('proxy'), await cluster.start('proxy')]
}, 120_000)
afterAll(async () => {
  upstream?.close()
  await cluster?.dispose()
})

const put = (name: string) => {
  const baseUrl = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/v1`
  const spec = { kind: 'openai', baseUrl, allowPrivate: true, credentials: [{ name: 'main', apiKey: secret }] }
  return cluster.admin('PUT', `/providers/${name}`, spec)
}
const ownersOf = ({ dataDir }: ClusterNode) =>
  Object.keys(JSON.parse(readFileSync(join(dataDir, 'config', 'data-keys.json'), 'utf8')).keys)

test('a secret that was given to control is sent to the provider by every proxy', async (context) => {
  if (findNatsServer() === undefined) return context.skip('nats-server is not installed')
  const { revision } = (await put('main')).json
  expect(revision).toBeGreaterThan(0)
  const { secret: key } = await cluster.issueKey()
  for (const proxy of proxies) {
    await expect.poll(async () => (await chat(proxy, key, 'main/m')).status, within).toBe(200)
    expect(seen.at(-1)).toBe(`Bearer ${secret}`)
  }
}, 60_000)

test('without NATS a proxy starts and sends it all the same, and no provider is made that nobody could call', async (context) => {
  if (findNatsServer() === undefined) return context.skip('nats-server is not installed')
  const { secret: key } = await cluster.issueKey()
  await expect.poll(async () => (await chat(proxies[0]!, key, 'main/m')).status, within).toBe(200)
  await cluster.nats.kill()
  await proxies[0]!.restart()
  seen.length = 0
  expect((await chat(proxies[0]!, key, 'main/m')).status).toBe(200)
  expect(seen).toEqual([`Bearer ${secret}`])
  const refused = await put('nobody')
  expect(refused).toMatchObject({ status: 503, json: { type: 'urn:headgate:problem:log_unavailable' } })
  await cluster.nats.start()
  await expect.poll(async () => (await put('later')).status, within).toBe(200)
  expect(Object.keys((await cluster.admin('GET', '/config')).json.resources.providers)).not.toContain('nobody')
}, 120_000)

test('with its provider a secret is forgotten by every node', async (context) => {
  if (findNatsServer() === undefined) return context.skip('nats-server is not installed')
  await expect.poll(() => ownersOf(proxies[1]!), within).toContain('provider:later')
  expect((await cluster.admin('DELETE', '/providers/later')).status).toBe(200)
  for (const node of [control, ...proxies]) {
    await expect.poll(() => ownersOf(node), within).not.toContain('provider:later')
    expect(ownersOf(node)).toContain('provider:main')
  }
}, 60_000)
