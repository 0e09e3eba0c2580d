// The master key of a node without a cluster is replaced: the two keys side by side, the change, and then the new key alone.
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { encodeJson, subjects } from '../../../cluster/bus/bus.ts'
import { adminToken, ask, type StartedControl, startedControl } from '../testing/started-control.ts'

const [old, current] = [7, 8].map((byte) => Buffer.alloc(32, byte).toString('base64')) as [string, string]
let running: StartedControl | undefined
let dataDir: string | undefined

afterEach(async () => {
  await running?.stop()
  running = undefined
  if (dataDir !== undefined) rmSync(dataDir, { recursive: true, force: true })
  dataDir = undefined
})

/** Stops the node and starts it with these master keys. */
async function restart(masterKey: string, previous?: string): Promise<StartedControl> {
  await running?.stop()
  running = undefined
  const variables = { HEADGATE_MASTER_KEY: masterKey, HEADGATE_MASTER_KEY_PREVIOUS: previous }
  running = await startedControl({ ...(dataDir === undefined ? {} : { dataDir }), variables })
  dataDir = running.dataDir
  return running
}

const put = ({ admin }: StartedControl, name: string) =>
  admin('PUT', `/providers/${name}`, {
    kind: 'openai',
    credentials: [{ name: 'main', apiKey: `sk-${name}-1234567890` }],
  })
const standing = async ({ admin }: StartedControl) => (await admin('GET', '/master-key')).json
const rewrap = ({ admin }: StartedControl) => admin('POST', '/master-key:rewrap')
const reasons = async ({ url }: StartedControl) => (await ask(`${url}/readyz?verbose`, 'GET')).json.reasons as string[]

test('everything is read under the new key alone once it was rewrapped, and nothing under the old one is believed', async () => {
  const before = await restart(old)
  await put(before, 'one')
  const both = await restart(current, old)
  expect(await reasons(both)).toEqual([])
  await put(both, 'two')
  const first = await standing(both)
  expect(first).toMatchObject({ isDone: false, nodesBehind: [] })
  expect(first.dataKeys.left).toBeGreaterThan(0)
  expect(first.eventsLeftUpTo).toBeGreaterThan(0)
  const done = await rewrap(both)
  expect(done.json).toMatchObject({ isDone: true, dataKeys: { left: 0 }, eventsLeftUpTo: 0, accepted: first.accepted })
  expect(done.json.rewrapped).toBe(first.dataKeys.left)
  const newest = (await both.admin('GET', '/events?after=0&limit=1000')).json.events.at(-1)
  expect(newest).toMatchObject({ actor: expect.any(String), reason: expect.stringContaining(first.current) })
  // A second run finds nothing to do, and writes nothing.
  expect((await rewrap(both)).json).toMatchObject({ isDone: true, rewrapped: 0 })
  const revision = (await both.admin('GET', '/config')).json.revision
  expect(newest.revision).toBe(revision)
  const after = await restart(current)
  expect(await reasons(after)).toEqual([])
  expect((await after.admin('GET', '/providers/one')).status).toBe(200)
  expect((await put(after, 'three')).status).toBe(200)
  expect(await standing(after)).toMatchObject({ accepted: [], isDone: true })
  expect((await after.admin('GET', '/config?revision=1')).status).toBe(200)
  const file = readFileSync(join(after.dataDir, 'config', 'data-keys.json'), 'utf8')
  expect(Object.keys(JSON.parse(file).keys)).toContain('provider:three')
})

test('without the previous key nothing is served from the log, and with it everything is there again', async () => {
  const before = await restart(old)
  await put(before, 'one')
  const alone = await restart(current)
  expect((await alone.admin('GET', '/providers/one')).status).toBe(503)
  const both = await restart(current, old)
  expect((await both.admin('GET', '/providers/one')).status).toBe(200)
})

test('a node that signs with another master key, or does not say with which, holds the change up', async () => {
  await restart(old)
  const both = await restart(current, old)
  const { current: id } = await standing(both)
  const nodes = [
    { node: 'ahead', masterKeys: [id] },
    { node: 'behind', masterKeys: ['00000000', id] },
    { node: 'older' },
  ]
  for (const one of nodes) {
    const heartbeat = { ...one, role: 'proxy', revision: 1, hash: '', queues: {} }
    both.bus.publish(subjects.heartbeat, encodeJson(heartbeat))
  }
  await expect.poll(async () => (await standing(both)).nodesBehind).toEqual(['behind', 'older'])
  const refused = await rewrap(both)
  expect(refused).toMatchObject({ status: 409, json: { detail: expect.stringContaining('behind, older') } })
})

test('the change is for administrators', async () => {
  const { url } = await restart(current)
  for (const [method, path] of [
    ['GET', '/master-key'],
    ['POST', '/master-key:rewrap'],
  ] as const) {
    expect((await ask(`${url}/api/v1${path}`, method)).status).toBe(401)
    expect(
      (await ask(`${url}/api/v1${path}`, method, undefined, { authorization: `Bearer ${adminToken}` })).status,
    ).toBe(200)
  }
})
