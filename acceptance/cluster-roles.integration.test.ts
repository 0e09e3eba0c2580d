// What a start of one role is, and when there is none: the refusals name what to change, and no two processes share what
// only one may have.
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Cluster, chat, clusterMasterKey, findNatsServer, startCluster } from './cluster.ts'
import { adminToken } from './gateway.ts'
import { ask, isOk } from './http.ts'
import { type NodeProcess, startNodeProcess } from './node-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'headgate-roles-'))
const started: NodeProcess[] = []
afterEach(async () => {
  for (const one of started.splice(0)) await one.kill()
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A start that is expected to end by itself. */
async function refused(role: string, environment: Record<string, string> = {}) {
  const dataDir = join(folder, `${role}-${started.length}`)
  const process = startNodeProcess({
    words: ['start', '--role', role],
    environment: { HEADGATE_DATA_DIR: dataDir, HEADGATE_OPS_PORT: '0', ...environment },
  })
  started.push(process)
  await process.ended
  return { code: process.exitCode, output: process.output() }
}

describe('without a cluster', () => {
  test.each(['proxy', 'aggregator', 'control'])(
    'a %s is refused, and told what makes it one of a cluster',
    async (role) => {
      const { code, output } = await refused(role)
      expect([code, output]).toEqual([
        1,
        expect.stringMatching(/HEADGATE_NATS_URL[\s\S]*HEADGATE_MASTER_KEY[\s\S]*npm run cluster/),
      ])
    },
  )

  test('a node of a cluster needs the key that all of them share', async () => {
    const { code, output } = await refused('proxy', { HEADGATE_NATS_URL: 'nats://127.0.0.1:1' })
    expect([code, output]).toEqual([1, expect.stringMatching(/HEADGATE_MASTER_KEY/)])
  })

  test('servers elsewhere need credentials', async () => {
    const environment = { HEADGATE_NATS_URL: 'nats://nats.example:4222', HEADGATE_MASTER_KEY: clusterMasterKey }
    const { code, output } = await refused('aggregator', environment)
    expect([code, output]).toEqual([1, expect.stringMatching(/HEADGATE_NATS_URL.*nats\.example.*HEADGATE_NATS_CREDS/)])
  })
})

describe.skipIf(findNatsServer() === undefined)('in a cluster (needs nats-server)', () => {
  let cluster: Cluster
  beforeAll(async () => {
    cluster = await startCluster()
    await cluster.start('control', { environment: { HEADGATE_DEMO: 'on' } })
    await cluster.start('aggregator')
    await cluster.start('proxy')
  })
  afterAll(() => cluster?.dispose())
  const nodeOf = (name: string) => cluster.nodes.find((node) => node.name === name)!

  test('each role prints what it has, and nothing that it has not', () => {
    const [control, aggregator, proxy] = ['control-1', 'aggregator-1', 'proxy-1'].map((name) =>
      nodeOf(name).process.output(),
    )
    expect(control).toMatch(/Console +http.*\n[\s\S]*Ops +http/)
    expect(control).not.toMatch(/Endpoint/)
    expect(proxy).toMatch(new RegExp(`Node +proxy-1 \\(proxy\\)[\\s\\S]*Endpoint +${nodeOf('proxy-1').base}/v1`))
    expect(proxy).not.toMatch(/Console|Key/)
    expect(aggregator).toMatch(/Node +aggregator-1 \(aggregator\)[\s\S]*Ops +http/)
    expect(aggregator).not.toMatch(/Endpoint|Console/)
  })

  test('only a proxy listens on the data port, only a control node on the control port', async () => {
    const listens = async (name: string) =>
      Promise.all([nodeOf(name).base, nodeOf(name).control].map((origin) => isOk(`${origin}/livez`)))
    expect(await listens('proxy-1')).toEqual([true, false])
    expect(await listens('control-1')).toEqual([false, true])
    expect(await listens('aggregator-1')).toEqual([false, false])
  })

  test('the ops port of each tells of this one process, without a credential and without a key', async () => {
    for (const { name, role, readyz, metrics } of cluster.nodes) {
      await expect.poll(readyz, { timeout: 60_000 }).toEqual({ status: 'ok', reasons: [] })
      const text = await metrics()
      expect(text).toMatch(new RegExp(`^headgate_process_ready\\{node="${name}",role="${role}"\\} 1$`, 'm'))
      expect(text).toMatch(new RegExp(`^headgate_config_revision\\{node="${name}"\\} [1-9]`, 'm'))
      for (const other of cluster.nodes) if (other.name !== name) expect(text).not.toContain(`"${other.name}"`)
      expect(text).not.toMatch(/hg_|hga_/)
    }
  })

  test('a node with every role is part of the cluster too: it serves what others wrote, and writes itself', async () => {
    const whole = await cluster.start('all', { environment: { HEADGATE_DEMO: 'on' } })
    const { secret } = await cluster.issueKey()
    const asked = async (name: string) => (await chat(nodeOf(name), secret, 'demo/echo').catch(() => undefined))?.status
    await expect.poll(() => asked('all-1'), { timeout: 60_000 }).toBe(200)
    const written = await ask(
      `${whole.control}/api/v1/teams/from-all`,
      'PUT',
      {},
      { authorization: `Bearer ${adminToken}` },
    )
    expect(written.status).toBe(200)
    await expect.poll(async () => (await cluster.admin('GET', '/teams/from-all')).status, { timeout: 60_000 }).toBe(200)
    const names = async () =>
      (await cluster.admin('GET', '/nodes')).json.nodes.map(
        ({ name, role }: { name: string; role: string }) => `${name} ${role}`,
      )
    await expect.poll(names, { timeout: 60_000 }).toContain('all-1 all')
    await whole.process.kill('SIGTERM')
    expect(whole.process.exitCode).toBe(0)
  })

  test('a second process in a folder is refused, and told who has it', async () => {
    const { dataDir } = nodeOf('proxy-1')
    const environment = { HEADGATE_DATA_DIR: dataDir, HEADGATE_NATS_URL: cluster.nats.url }
    const { code, output } = await refused('proxy', { ...environment, HEADGATE_MASTER_KEY: clusterMasterKey })
    expect([code, output]).toEqual([
      1,
      expect.stringMatching(`${dataDir} is in use: process ${nodeOf('proxy-1').process.pid}`),
    ])
    expect(await nodeOf('proxy-1').isReady).toBe(true)
  })

  test('a port that only one may have is refused by the name of its variable', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const port = `${(taken.address() as AddressInfo).port}`
    const environment = { HEADGATE_NATS_URL: cluster.nats.url, HEADGATE_MASTER_KEY: clusterMasterKey }
    try {
      const ops = await refused('aggregator', { ...environment, HEADGATE_OPS_PORT: port })
      expect([ops.code, ops.output]).toEqual([
        1,
        expect.stringMatching(/HEADGATE_OPS_PORT: cannot listen .* the port is taken/),
      ])
      const control = await refused('control', { ...environment, HEADGATE_CONTROL_PORT: port })
      expect([control.code, control.output]).toEqual([
        1,
        expect.stringMatching(/HEADGATE_CONTROL_PORT: cannot listen .* the port is taken/),
      ])
    } finally {
      taken.close()
    }
  })
})
