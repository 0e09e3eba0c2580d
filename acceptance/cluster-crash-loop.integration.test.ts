// P8: a configuration under which a proxy ends again and again. What ends it here is a kill as soon as it serves that
// configuration: from inside the two cannot be told apart.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Cluster, type ClusterNode, chat, findNatsServer, startCluster } from './cluster.ts'

const settled = { timeout: 60_000 }

describe.skipIf(findNatsServer() === undefined)('a crash loop (needs nats-server)', () => {
  let cluster: Cluster
  let proxy: ClusterNode
  let other: ClusterNode
  let key: string
  beforeAll(async () => {
    cluster = await startCluster()
    await cluster.start('control', { environment: { HEADGATE_DEMO: 'on' } })
    proxy = await cluster.start('proxy')
    other = await cluster.start('proxy')
    const issued = await cluster.issueKey()
    key = issued.secret
    await cluster.applied(issued.revision)
  })
  afterAll(() => cluster?.dispose())

  const revisionOf = async (node: ClusterNode) =>
    Number(/^headgate_config_revision\{[^}]*\} (\d+)/m.exec(await node.metrics())?.[1])
  const serves = (node: ClusterNode, revision: number) =>
    expect.poll(() => revisionOf(node).catch(() => 0), settled).toBe(revision)
  const troublesTold = async () => {
    const { nodes } = (await cluster.admin('GET', '/nodes')).json
    return nodes.find(({ name }: { name: string }) => name === proxy.name)?.troubles.join()
  }
  /** Three times in a row, as soon as it serves `revision`. */
  const crashUnder = async (revision: number) => {
    for (let i = 0; i < 3; i++) {
      await serves(proxy, revision)
      await proxy.restart()
    }
  }

  test('after three ends within a minute a proxy serves what was before, says so, and takes the next', async () => {
    const { revision } = (await cluster.admin('PUT', '/teams/suspect', {})).json
    await crashUnder(revision)
    await serves(proxy, revision - 1)
    expect((await chat(proxy, key, 'demo/echo')).status).toBe(200)
    const { status, reasons } = await proxy.readyz()
    expect([status, reasons.join()]).toEqual([
      'degraded',
      expect.stringContaining(`revision ${revision - 1} of the configuration is served instead of ${revision}`),
    ])
    await expect.poll(troublesTold, settled).toContain(`instead of ${revision}`)
    expect(proxy.process.output()).toMatch(/"event":"config-rolled-back","revision":\d+,"until":\d+/)
    expect(await revisionOf(other)).toBe(revision)
    // It stays so over further starts, until somebody has written something newer.
    await proxy.restart({ signal: 'SIGTERM' })
    await serves(proxy, revision - 1)
    await cluster.admin('DELETE', '/teams/suspect')
    await serves(proxy, revision + 1)
    await expect.poll(async () => (await proxy.readyz()).reasons.join(), settled).not.toContain('instead of')
  })

  test('what was revoked stays revoked, however often the process ends', async () => {
    const { id, secret } = await cluster.issueKey()
    const { revision } = (await cluster.admin('DELETE', `/keys/${id}`)).json
    await crashUnder(revision)
    await serves(proxy, revision)
    expect((await chat(proxy, secret, 'demo/echo')).status).toBe(401)
    expect(proxy.process.output()).not.toContain('config-rolled-back')
  })
})
