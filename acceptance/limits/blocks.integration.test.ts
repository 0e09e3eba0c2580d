// The switch that stops a key, a user or a session: on every proxy of a cluster within a second, open streams too.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type MockUpstream, startMockUpstream } from '../../loadtest/mock-upstream/mock-upstream.ts'
import { busyness } from '../../shared/test-load.ts'
import { type Cluster, type ClusterNode, findNatsServer, startCluster } from '../cluster.ts'
import { ask } from '../http.ts'
import { modelOn, providerAt } from '../scripted-llm.ts'
import { sleep, until } from '../until.ts'

const skipReason = findNatsServer() === undefined ? ' (skipped: nats-server is not installed)' : ''
let cluster: Cluster
let mock: MockUpstream
let proxies: ClusterNode[]
let key: { id: string; secret: string }

beforeAll(async () => {
  if (skipReason !== '') return
  mock = await startMockUpstream({ recordedMax: 8 })
  cluster = await startCluster()
  await cluster.start('control', {
    config: {
      providers: { mock: providerAt(mock.url) },
      models: { fast: modelOn('mock', 'gpt-x'), slow: modelOn('mock', 'mock.sse.chunks-2000.pace-20') },
    },
  })
  proxies = await Promise.all([1, 2].map((number) => cluster.start('proxy', { name: `proxy-${number}` })))
  const issued = await cluster.issueKey()
  await cluster.applied(issued.revision)
  key = issued
}, 120_000)
afterAll(async () => {
  await cluster?.dispose()
  await mock?.stop()
})

const messages = [{ role: 'user', content: 'hi' }]

function call(proxy: ClusterNode, headers: Record<string, string> = {}) {
  const authorization = `Bearer ${key.secret}`
  return ask(`${proxy.base}/v1/chat/completions`, 'POST', { model: 'fast', messages }, { authorization, ...headers })
}

/** A stream that would last 40 seconds; resolves with its text when it ends. */
function stream(proxy: ClusterNode, headers: Record<string, string> = {}): Promise<string> {
  const body = JSON.stringify({ model: 'slow', messages, stream: true })
  const all = { authorization: `Bearer ${key.secret}`, 'content-type': 'application/json', ...headers }
  return fetch(`${proxy.base}/v1/chat/completions`, { method: 'POST', headers: all, body }).then((answer) =>
    answer.text(),
  )
}

test.each<[string, () => object, Record<string, string>]>([
  ['a key', () => ({ key: key.id }), {}],
  ['a user that the caller names', () => ({ user: 'ann' }), { 'x-headgate-user': 'ann' }],
  ['a session', () => ({ session: 'run-17' }), { 'x-headgate-session-id': 'run-17' }],
  ['a team', () => ({ team: 'default' }), {}],
])(`a block of %s stops it on every proxy, with its open streams${skipReason}`, async (_, match, headers) => {
  if (skipReason !== '') return
  const streams = proxies.map((proxy) => stream(proxy, headers))
  await sleep(500)
  for (const proxy of proxies) expect((await call(proxy, headers)).status).toBe(200)
  const startedMs = performance.now()
  const { status } = await cluster.admin('PUT', '/blocks/stop', { match: match(), reason: 'It runs in a circle.' })
  expect(status).toBe(200)
  for (const text of await Promise.all(streams)) {
    expect(text).toContain('It runs in a circle.')
    expect(text).not.toContain('[DONE]')
  }
  expect(performance.now() - startedMs).toBeLessThan(2_000 * busyness())
  for (const proxy of proxies) {
    const { status, json } = await call(proxy, headers)
    expect([status, json.error.code]).toEqual([403, 'access_blocked'])
    expect(json.error.message).toBe('An operator has stopped these requests. It runs in a circle.')
  }
  expect((await cluster.admin('DELETE', '/blocks/stop')).status).toBe(200)
  const isBack = async () =>
    (await Promise.all(proxies.map((proxy) => call(proxy, headers)))).every((one) => one.status === 200)
  await until(isBack, 10_000)
})
