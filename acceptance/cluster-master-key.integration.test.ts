// The master key of a cluster is replaced while it serves: every node accepts both keys, the change is killed in the middle
// and done again, and then the old key is taken away. Nothing is lost on the way, and a new node needs the new key alone.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Cluster, type ClusterNode, chat, clusterMasterKey, findNatsServer, startCluster } from './cluster.ts'
import { ask, closing } from './http.ts'
import { modelOn } from './scripted-llm.ts'
import { type ScriptedUpstream, startScriptedUpstream } from './scripted-upstream.ts'
import { until } from './until.ts'

const within = { timeout: 60_000, interval: 50 }
const newKey = Buffer.alloc(32, 8).toString('base64')
const providers = Array.from({ length: 40 }, (_, index) => `p${index}`)
const secretOf = (provider: string) => `sk-${provider}-0123456789abcdef`

describe.skipIf(findNatsServer() === undefined)('a cluster whose master key is replaced (needs nats-server)', () => {
  let cluster: Cluster
  let control: ClusterNode
  let aggregator: ClusterNode
  let proxies: ClusterNode[]
  let upstream: ScriptedUpstream
  let key: string

  beforeAll(async () => {
    const answer = { id: 'msg_1', type: 'message', role: 'assistant', model: 'm', stop_reason: 'end_turn' }
    const content = [{ type: 'text', text: 'Hello.' }]
    const usage = { input_tokens: 1, output_tokens: 1 }
    upstream = await startScriptedUpstream(() => ({ pieces: [JSON.stringify({ ...answer, content, usage })] }))
    cluster = await startCluster()
    const config = {
      providers: Object.fromEntries(
        providers.map((name) => [
          name,
          { kind: 'anthropic', baseUrl: upstream.url, credentials: [{ name: 'main', apiKey: secretOf(name) }] },
        ]),
      ),
      models: { m: modelOn('p0', 'claude-sonnet-4-5') },
    }
    control = await cluster.start('control', { config })
    aggregator = await cluster.start('aggregator')
    proxies = [await cluster.start('proxy'), await cluster.start('proxy')]
    const issued = await cluster.issueKey()
    key = issued.secret
    await cluster.applied(issued.revision)
  }, 120_000)
  afterAll(async () => {
    await cluster?.dispose()
    await upstream?.stop()
  })

  const respond = () => responses('POST', '', { model: 'm', input: 'hi' })
  function responses(method: string, path: string, body?: object) {
    return ask(`${proxies[0]?.base}/v1/responses${path}`, method, body, { authorization: `Bearer ${key}`, ...closing })
  }
  const standing = async () => (await cluster.admin('GET', '/master-key')).json
  const everyNode = () => [control, aggregator, ...proxies]

  /** The number of keys that control has changed, by its file. */
  function changed(): number {
    const file = JSON.parse(readFileSync(join(control.dataDir, 'config', 'data-keys.json'), 'utf8'))
    return Object.values<[number, number]>(file.lives).filter(([generation]) => generation > 1).length
  }

  async function restartAll(environment: Record<string, string>): Promise<void> {
    for (const node of everyNode()) {
      await node.restart({ signal: 'SIGTERM', environment })
      await served()
    }
  }

  /** Every proxy opens the secret of every provider, and every node is well. */
  async function served(): Promise<void> {
    for (const proxy of proxies) {
      upstream.seen.length = 0
      for (const name of providers.slice(0, 8)) {
        const asked = () => chat(proxy, key, `${name}/claude-sonnet-4-5`).then(({ status }) => status)
        await expect.poll(asked, within).toBe(200)
      }
      expect(new Set(upstream.seen.map(({ headers }) => headers['x-api-key']))).toEqual(
        new Set(providers.slice(0, 8).map(secretOf)),
      )
    }
    for (const node of everyNode()) {
      await expect.poll(async () => (await node.readyz()).reasons, within).toEqual([])
    }
  }

  test('all of it, with control killed while it changes the keys', async () => {
    await served()
    await expect.poll(respond, within).toMatchObject({ status: 200, json: { store: true } })
    const storedId = (await respond()).json.id
    // First every node accepts the new key, and only then does any node use it.
    await restartAll({ HEADGATE_MASTER_KEY_PREVIOUS: newKey })
    await restartAll({ HEADGATE_MASTER_KEY: newKey, HEADGATE_MASTER_KEY_PREVIOUS: clusterMasterKey })
    const before = await standing()
    expect(before).toMatchObject({ isDone: false, nodesBehind: [] })
    expect(before.dataKeys.left).toBeGreaterThanOrEqual(providers.length)
    let { left } = before.dataKeys
    for (let kills = 0; kills < 3; kills++) {
      const written = changed()
      const changing = cluster.admin('POST', '/master-key:rewrap').catch(() => undefined)
      await until(() => changed() >= written + 3, 60_000, 1)
      await control.restart({ signal: 'SIGKILL' })
      await changing
      await expect.poll(async () => (await cluster.admin('GET', '/master-key')).status, within).toBe(200)
      const now = (await standing()).dataKeys.left
      // What is done stays done.
      expect([now > 0, now < left]).toEqual([true, true])
      left = now
      await served()
    }
    const rewrapped = async () => (await cluster.admin('POST', '/master-key:rewrap')).json.isDone
    await expect.poll(rewrapped, within).toBe(true)
    expect(await standing()).toMatchObject({ dataKeys: { left: 0 }, eventsLeftUpTo: 0, isDone: true })
    expect((await responses('GET', `/${storedId}`)).status).toBe(200)
    await served()

    await restartAll({ HEADGATE_MASTER_KEY_PREVIOUS: '' })
    expect(await standing()).toMatchObject({ accepted: [], isDone: true })
    expect((await cluster.admin('GET', '/config?revision=1')).status).toBe(200)
    expect((await cluster.admin('PUT', '/teams/later', {})).status).toBe(200)
    proxies.push(await cluster.start('proxy', { environment: { HEADGATE_MASTER_KEY: newKey } }))
    await served()
    // What is sealed under the old key itself is read while that key is configured, and no longer.
    expect((await responses('GET', `/${storedId}`)).status).not.toBe(200)
    expect((await respond()).status).toBe(200)
  }, 240_000)
})
