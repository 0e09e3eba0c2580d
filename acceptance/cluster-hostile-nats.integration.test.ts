// Somebody who is no node of the cluster and may do everything on its NATS servers tries each subject on which nodes believe
// something (`hostile-attacks.ts` has a row for each): he invents usage, swallows what was answered, takes over leases, says
// what only a publisher may say. Nothing of it is believed, every answer is counted once, and the operator is told.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AnsweringUpstream, startAnsweringUpstream } from './answering-upstream.ts'
import { type Cluster, type ClusterNode, chat, findNatsServer, startCluster } from './cluster.ts'
import { attacks, type Victims } from './hostile-attacks.ts'
import { HostilePublisher } from './hostile-publisher.ts'
import { ask } from './http.ts'
import { providerAt } from './scripted-llm.ts'
import { sleep, until } from './until.ts'

const settleMs = 60_000

describe.skipIf(findNatsServer() === undefined)('a stranger on NATS (needs nats-server)', () => {
  let cluster: Cluster
  let upstream: AnsweringUpstream
  let stranger: HostilePublisher
  let victims: Victims
  let proxy: ClusterNode
  let aggregator: ClusterNode
  let key: string
  let answered = 0

  beforeAll(async () => {
    upstream = await startAnsweringUpstream()
    cluster = await startCluster()
    stranger = await HostilePublisher.join(cluster.nats.url)
    const config = {
      providers: { up: { ...providerAt(upstream.url), endpoints: ['chat'] } },
      models: { fast: { targets: [{ provider: 'up', model: 'm' }] } },
      slos: { answers: { match: { model: 'fast' }, objective: 'availability', target: 0.99 } },
    }
    await cluster.start('control', { config })
    aggregator = await cluster.start('aggregator')
    proxy = await cluster.start('proxy')
    const issued = await cluster.issueKey()
    key = issued.secret
    await cluster.applied(issued.revision)
    await send(5)
    await expectAllCounted()
    await until(async () => (await view()).evaluation?.publisher === aggregator.name, settleMs)
    const headers = { authorization: `Bearer ${key}` }
    victims = {
      stranger,
      proxy: proxy.name,
      aggregator: aggregator.name,
      askUsage: () => cluster.admin('GET', '/usage?groupBy=model'),
      async respond() {
        // The first ones are not stored: they make the stream.
        for (;;) {
          const told = await ask(`${proxy.base}/v1/responses`, 'POST', { model: 'fast', input: 'hi' }, headers)
          expect(told.status).toBe(200)
          answered++
          if (told.json.store === true) return told.json.id
          await sleep(500)
        }
      },
      read: async (id) => (await ask(`${proxy.base}/v1/responses/${id}`, 'GET', undefined, headers)).status,
    }
  })
  afterAll(async () => {
    await stranger?.leave()
    await cluster?.dispose()
    await upstream?.stop()
  })

  async function send(count: number): Promise<void> {
    for (let n = 0; n < count; n++) {
      expect((await chat(proxy, key, 'fast')).status).toBe(200)
      answered++
    }
  }

  /** What the cluster shows of what it believes. */
  async function view() {
    const usage = (await cluster.admin('GET', '/usage?groupBy=model')).json
    const slos = (await cluster.admin('GET', '/slos')).json
    const { nodes } = (await cluster.admin('GET', '/nodes')).json as { nodes: { name: string; revision: number }[] }
    const rows = (usage?.rows ?? []) as { requests: number }[]
    return {
      requests: rows.reduce((sum, row) => sum + row.requests, 0),
      stale: usage?.stale,
      total: slos?.items?.[0]?.status?.total as number,
      evaluation: slos?.evaluation as { publisher: string; epoch: number; stale?: boolean } | undefined,
      nodes: nodes.map(({ name }) => name),
      revision: Math.max(...nodes.map(({ revision }) => revision)),
    }
  }

  async function expectAllCounted(): Promise<void> {
    const holds = async () => {
      const { requests, total, stale } = await view()
      return requests === answered && total === answered && stale === undefined
    }
    await until(holds, settleMs).catch(async () =>
      expect(await view()).toMatchObject({ requests: answered, total: answered }),
    )
  }

  const nodes = () => [cluster.nodes[0]!, aggregator, proxy]
  const refusals = async () => {
    const pages = await Promise.all(nodes().map((node) => node.metrics()))
    const lines = pages.flatMap((page) => page.match(/^headgate_messages_refused_total\{.*$/gm) ?? [])
    return lines.map((line) => {
      const [, channel, kind] = /channel="([^"]*)",kind="([^"]*)"/.exec(line) ?? []
      return { channel: channel!, kind: kind!, count: Number(line.slice(line.lastIndexOf(' '))) }
    })
  }
  const countOf = async (channel: string) =>
    (await refusals()).reduce((sum, one) => (one.channel === channel ? sum + one.count : sum), 0)

  test('nobody is alarmed by what nodes say to one another', async () => {
    await sleep(3_000)
    expect(await refusals()).toEqual([])
    for (const node of nodes()) expect(await node.readyz()).toMatchObject({ status: 'ok', reasons: [] })
  })

  test.for(attacks)('$subject: $what', async ({ attack, channel }) => {
    const before = channel === undefined ? 0 : await countOf(channel)
    await attack(victims)
    if (channel !== undefined) await until(async () => (await countOf(channel)) > before, settleMs)
    else await sleep(1_000)
    await send(2)
    await until(async () => (await view()).evaluation?.publisher === aggregator.name, settleMs)
    await expectAllCounted()
    // Later words of the same kind would have been believed by now.
    await sleep(1_500)
    await expectAllCounted()
    const { nodes: names, evaluation, revision } = await view()
    expect(names.toSorted()).toEqual(['aggregator-1', 'control-1', 'proxy-1'])
    expect(evaluation!.epoch).toBeLessThan(Date.now() / 1_000 + 3_600)
    expect(revision).toBeLessThan(1_000)
    const written = await cluster.admin('PUT', `/teams/t${answered}`, {})
    expect(written.status).toBeLessThan(300)
    await cluster.applied(written.json.revision)
  })

  test('what was answered while nobody reads is not forgotten because somebody says that it is stored', async () => {
    await aggregator.process.kill('SIGKILL')
    const swallow = stranger.swallow(proxy.name)
    await stranger.ask('$JS.API.STREAM.DELETE.USAGE')
    await send(4)
    await until(() => swallow.batches > 0, settleMs)
    swallow.confirm()
    await sleep(2_000)
    swallow.stop()
    await aggregator.restart()
    await expectAllCounted()
  })

  test('cfg.>: an event that no node wrote ends all writes and changes nothing', async () => {
    const { revision } = await view()
    const { revision: told } = (await cluster.admin('GET', '/config')).json
    stranger.say('cfg.event', {
      version: 1,
      revision: revision + 1,
      type: 'key-revoked',
      commandId: 'x',
      prevHash: 'x',
    })
    await until(
      async () => /the stream of the configuration log is wrong/.test((await proxy.readyz()).reasons.join()),
      settleMs,
    )
    await send(1)
    expect((await cluster.admin('PUT', '/teams/after', {})).status).toBe(503)
    expect((await cluster.admin('GET', '/config')).json.revision).toBe(told)
  })

  test('each port tells of it, and so do the nodes of the admin API', async () => {
    for (const subject of ['hg.weights', 'hg.node.heartbeat']) stranger.say(subject, { epoch: 1, node: 'x' })
    stranger.say('usage.3.somebody', Buffer.from('x'))
    for (const node of nodes()) {
      await until(async () => /messages .*were refused/.test((await node.readyz()).reasons.join()), settleMs)
      expect((await node.readyz()).status).toBe('degraded')
      expect(node.process.output()).toContain('"event":"message-refused"')
    }
    const shown = (await cluster.admin('GET', '/nodes')).json.nodes as { troubles: string[] }[]
    for (const { troubles } of shown) expect(troubles.join()).toMatch(/messages .*were refused/)
  })
})
