// The data keys of a cluster over real servers.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../shared/clock.ts'
import { connectedLink } from '../config-log/replication/jetstream-rig.ts'
import { findNatsServer, type NatsRig, startNatsRig } from '../nats/nats-rig.ts'
import { FileKeyStore } from './file-key-store.ts'
import { JetStreamKeyStream } from './jetstream-key-stream.ts'
import { keyStoreContract, owned, textOf, unowned } from './key-store-contract.ts'
import { keyStreamContract } from './key-stream-contract.ts'
import { SharedKeyStore } from './shared-key-store.ts'
import { sharedKeys } from './shared-keys.ts'

const folder = mkdtempSync(join(tmpdir(), 'headgate-jetstream-keys-'))
afterAll(() => rmSync(folder, { recursive: true }))
const keys = sharedKeys([new Uint8Array(32).fill(7)])
const within = { timeout: 60_000, interval: 20 }
let files = 0
const cleanup: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const clean of cleanup.splice(0).reverse()) await clean()
})

/** Opens a stream with a link of its own, which is closed with the stream. */
async function openStream(url: string): Promise<JetStreamKeyStream> {
  const link = await connectedLink(url)
  const stream = new JetStreamKeyStream(link)
  const close = stream.close.bind(stream)
  stream.close = async () => {
    await close()
    await link.close()
  }
  return stream
}

async function startNode(url: string, writes = true) {
  const file = new FileKeyStore(join(folder, `keys-${files++}.json`), ...keys.wrapKeys)
  const around = { clock: systemClock, notify: () => {}, keys, writes }
  const store = new SharedKeyStore({ stream: await openStream(url), file, ...around })
  store.start()
  await store.look()
  cleanup.push(() => store.close())
  return store
}

async function startServers(servers: 1 | 3 = 1): Promise<NatsRig> {
  const rig = await startNatsRig({ servers })
  cleanup.push(() => rig.dispose())
  return rig
}

describe('over a real server', () => {
  beforeEach((context) => {
    if (findNatsServer() === undefined) context.skip('nats-server is not installed')
  })

  keyStreamContract('JetStream', async () => {
    const rig = await startNatsRig()
    return { open: () => openStream(rig.url), dispose: () => rig.dispose() }
  })
  keyStoreContract('shared, JetStream', async () => {
    const rig = await startServers()
    return { open: () => startNode(rig.url) }
  })

  test('a key that was forgotten does not lie in the files of the server any more', async () => {
    const rig = await startServers()
    const store = await startNode(rig.url)
    await store.ensure('provider:gone', unowned(0))
    await store.ensure('provider:kept', unowned(0))
    const stream = await openStream(rig.url)
    cleanup.push(() => stream.close())
    const wrapped = async (owner: string) => {
      const last = await stream.last(owner)
      if (!last.ok || last.value === undefined) throw new Error('there is no such key')
      return String(JSON.parse(Buffer.from(last.value.bytes).toString()).wrapped)
    }
    const [gone, kept] = [await wrapped('provider:gone'), await wrapped('provider:kept')]
    expect(filesOf(rig.folder)).toContain(gone)
    await store.forget('provider:gone', 5)
    await rig.server.stop()
    const left = filesOf(rig.folder)
    expect(left).not.toContain(gone)
    expect(left).toContain(kept)
  })

  test('a stream with other settings is not used, and the field is named', async () => {
    const rig = await startServers()
    const link = await connectedLink(rig.url)
    cleanup.push(() => link.close())
    const { jetstreamManager } = await import('@nats-io/jetstream')
    const manager = await jetstreamManager(link.connection!)
    await manager.streams.add({ name: 'KEYS', subjects: ['keys.>'], max_msgs_per_subject: 5 })
    const stream = await openStream(rig.url)
    cleanup.push(() => stream.close())
    const settings = { ok: false, error: { type: 'settings', field: expect.any(String) } }
    expect(await stream.last('a')).toMatchObject(settings)
    expect(await stream.put('a', Buffer.from('x'), 0)).toMatchObject(settings)
  })

  test('with the server gone nothing is made within seconds; when it is back, all goes on', async () => {
    const rig = await startServers()
    const control = await startNode(rig.url)
    const proxy = await startNode(rig.url, false)
    const key = await control.ensure('a', unowned(0))
    await rig.kill()
    expect(await control.ensure('b', unowned(0))).toMatchObject({ ok: false, error: { type: 'keys-unavailable' } })
    expect(control.find('a')).toEqual(key)
    await rig.start()
    await expect.poll(async () => (await control.ensure('b', unowned(0))).ok, within).toBe(true)
    await expect.poll(() => textOf(proxy.find('b')), within).toBe(textOf(control.find('b')))
  })

  test('on three servers a key outlives any one of them', async () => {
    const rig = await startServers(3)
    const control = await startNode(rig.url)
    await expect.poll(async () => (await control.ensure('a', unowned(0))).ok, within).toBe(true)
    await (await rig.leaderOf('KEYS')).kill()
    await expect.poll(async () => (await control.ensure('b', unowned(0))).ok, within).toBe(true)
    const later = await startNode(rig.url, false)
    await expect.poll(() => [later.find('a'), later.find('b')], within).toEqual([control.find('a'), control.find('b')])
    expect(textOf(await control.ensure('a', owned(3)))).toBe(textOf(later.find('a')))
  })
})

/** Returns the content of all files of the servers as one text. */
function filesOf(root: string): string {
  const names = readdirSync(root, { recursive: true, withFileTypes: true })
  const found = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return found.map((path) => readFileSync(path, 'latin1')).join('\n')
}
