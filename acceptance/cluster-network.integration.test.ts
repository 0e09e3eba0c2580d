// A cluster on a network that turns against it: a credential that is revoked, a node that stands still while the others go
// on. Requests are answered all the while.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { nkeys } from '@nats-io/transport-node'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Cluster, type ClusterNode, chat, findNatsServer, startCluster } from './cluster.ts'
import { until as untilWithin } from './until.ts'

/** How long the node stands still. */
const stillMs = Number(process.env['STILL_MS'] ?? 3_000)
const megabyte = 2 ** 20
const until = (holds: () => Promise<boolean>) => untilWithin(holds, 60_000)
const demo = { HEADGATE_DEMO: 'on' }
let cluster: Cluster | undefined
let folder: string
beforeEach((context) => {
  if (findNatsServer() === undefined) context.skip('nats-server is not installed')
  folder = mkdtempSync(join(tmpdir(), 'headgate-network-'))
})
afterEach(async () => {
  await cluster?.dispose()
  cluster = undefined
  rmSync(folder, { recursive: true, force: true })
})

function newUser(): { user: string; seed: string } {
  const pair = nkeys.createUser()
  return { user: pair.getPublicKey(), seed: new TextDecoder().decode(pair.getSeed()) }
}

const isDegraded = async (node: ClusterNode) => (await node.readyz()).status === 'degraded'
const isWell = async (node: ClusterNode) => (await node.readyz()).status === 'ok'

test('a credential that is revoked is an alarm and costs no answer; the next one needs no restart', async () => {
  const [first, second] = [newUser(), newUser()]
  const users = join(folder, 'users.conf')
  const credsFile = join(folder, 'node.nk')
  const allow = (user: string) => writeFileSync(users, `authorization { users: [ { nkey: ${user} } ] }`)
  allow(first.user)
  writeFileSync(credsFile, first.seed)
  cluster = await startCluster({
    nats: { config: `include "../${basename(folder)}/users.conf"` },
    environment: { HEADGATE_NATS_CREDS: credsFile },
  })
  await cluster.start('control', { environment: demo })
  await cluster.start('aggregator')
  const proxy = await cluster.start('proxy')
  const { secret } = await cluster.issueKey()
  await until(async () => (await chat(proxy, secret, 'demo/echo')).status === 200)

  allow(second.user)
  process.kill(cluster.nats.server.pid!, 'SIGHUP')
  await until(() => isDegraded(proxy))
  expect((await chat(proxy, secret, 'demo/echo')).status).toBe(200)
  expect((await cluster.admin('PUT', '/teams/late', {})).status).toBe(503)
  await until(async () => /nats-credentials-refused",level="error"} [1-9]/.test(await proxy.metrics()))

  writeFileSync(credsFile, second.seed)
  await until(() => isWell(proxy))
  let revision = 0
  await until(async () => {
    const written = await cluster!.admin('PUT', '/teams/late', {})
    revision = written.json.revision ?? 0
    return written.status === 200
  })
  await cluster.applied(revision)
  for (const { process } of cluster.nodes) {
    for (const { seed } of [first, second]) expect(process.output()).not.toContain(seed)
  }
})

test('a proxy that stood still while the configuration went on serves the newest, and did not grow', async () => {
  cluster = await startCluster()
  await cluster.start('control', { environment: demo })
  await cluster.start('aggregator')
  const [still, other] = [await cluster.start('proxy'), await cluster.start('proxy')]
  const { secret } = await cluster.issueKey()
  for (const proxy of [still, other]) await until(async () => (await chat(proxy, secret, 'demo/echo')).status === 200)
  const before = residentBytes(await still.metrics())
  still.process.signal('SIGSTOP')
  const untilMs = performance.now() + stillMs
  let revision = 0
  while (performance.now() < untilMs) {
    revision = (await cluster.admin('PUT', `/teams/team-${revision}`, {})).json.revision
    expect((await chat(other, secret, 'demo/echo')).status).toBe(200)
  }
  still.process.signal('SIGCONT')
  await cluster.applied(revision)
  expect((await chat(still, secret, 'demo/echo')).status).toBe(200)
  await until(() => isWell(still))
  expect(residentBytes(await still.metrics()) - before).toBeLessThan(64 * megabyte)
})

function residentBytes(metrics: string): number {
  return Number(/^headgate_resident_memory_bytes\{[^}]*\} (\d+)/m.exec(metrics)?.[1])
}
