import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { ManualClock } from '../../shared/clock.ts'
import type { Notice } from '../../shared/notice.ts'
import { FileKeyStore } from './file-key-store.ts'
import { decodeEntry } from './key-entry.ts'
import { keyStoreContract, owned, textOf, unowned } from './key-store-contract.ts'
import { MemoryKeyServer, MemoryKeyStream } from './memory-key-stream.ts'
import { SharedKeyStore, type SharedKeyStoreOptions } from './shared-key-store.ts'
import { sharedKeys } from './shared-keys.ts'

const folder = mkdtempSync(join(tmpdir(), 'headgate-shared-keys-'))
afterAll(() => rmSync(folder, { recursive: true }))
let files = 0
const keys = sharedKeys([new Uint8Array(32).fill(7)])

/** Makes a node with a file of its own. */
function node(server: MemoryKeyServer, options: Partial<SharedKeyStoreOptions> = {}) {
  const path = join(folder, `keys-${files++}.json`)
  const notices: Notice[] = []
  const file = new FileKeyStore(path, ...keys.wrapKeys)
  const notify = (notice: Notice) => void notices.push(notice)
  const clock = new ManualClock()
  const stream = new MemoryKeyStream(server)
  const store = new SharedKeyStore({ stream, file, keys, clock, notify, writes: true, ...options })
  return { path, store, notices, clock, file }
}

async function started(server: MemoryKeyServer, options?: Partial<SharedKeyStoreOptions>) {
  const made = node(server, options)
  made.store.start()
  await made.store.look()
  return made
}

keyStoreContract('shared', async () => {
  const server = new MemoryKeyServer()
  return { open: async () => (await started(server)).store }
})

test('every node has a key by the time it was made, and without the cluster ever after', async () => {
  const server = new MemoryKeyServer()
  const control = await started(server)
  const proxy = await started(server, { writes: false })
  const key = await control.store.ensure('a', unowned(0))
  await proxy.store.lookBefore([{ bytes: Buffer.from('{"$sealed":"v1.YQ.x"}') }])
  expect(proxy.store.find('a')).toEqual(key)
  server.setAway(true)
  expect(new FileKeyStore(proxy.path, ...keys.wrapKeys).find('a')).toEqual(key)
})

test('a node that comes later has all keys, and one that was away forgets what was forgotten', async () => {
  const server = new MemoryKeyServer()
  const control = await started(server)
  const proxy = await started(server, { writes: false })
  await control.store.ensure('gone', unowned(0))
  await control.store.ensure('kept', unowned(1))
  await proxy.store.look()
  await proxy.store.close()
  await control.store.forget('gone', 5)
  const back = node(server, { file: proxy.file, writes: false })
  back.store.start()
  await expect.poll(() => back.store.owners()).toEqual({ ok: true, value: ['kept'] })
  expect((await started(server, { writes: false })).store.owners()).toEqual({ ok: true, value: ['kept'] })
})

test('two control nodes that make a key at once make one', async () => {
  const server = new MemoryKeyServer()
  const nodes = await Promise.all([1, 2, 3].map(() => started(server)))
  const made = await Promise.all(nodes.map(({ store }) => store.ensure('a', unowned(3))))
  expect(new Set(made.map(textOf)).size).toBe(1)
})

test('with the stream away nothing is made and nothing is forgotten; what is there opens', async () => {
  const server = new MemoryKeyServer()
  const { store } = await started(server)
  const key = await store.ensure('a', unowned(0))
  server.setAway(true)
  const unavailable = { ok: false, error: { type: 'keys-unavailable' } }
  expect(await store.ensure('b', unowned(0))).toMatchObject(unavailable)
  expect(await store.ensure('a', owned(1))).toMatchObject(unavailable)
  expect(await store.forget('a', 9)).toMatchObject(unavailable)
  expect(store.find('a')).toEqual(key)
})

test('a stream that was lost gets back what control nodes hold, and no key that was forgotten', async () => {
  const server = new MemoryKeyServer()
  const { store } = await started(server)
  const key = await store.ensure('kept', unowned(0))
  await store.ensure('gone', unowned(0))
  await store.forget('gone', 5)
  server.messages.clear()
  server.lastSequence = 0
  server.exists = false
  server.setAway(false)
  await expect.poll(() => server.messages.size).toBe(1)
  const other = await started(server)
  expect(other.store.owners()).toEqual({ ok: true, value: ['kept'] })
  expect(other.store.find('kept')).toEqual(key)
})

test('who can write to the stream and has no master key makes no key, forgets none and brings none back', async () => {
  const server = new MemoryKeyServer()
  const { store } = await started(server)
  let forgeries = 0
  const proxy = await started(server, { writes: false, onForged: () => void forgeries++ })
  const key = await store.ensure('a', unowned(0))
  const old = server.messages.get('a')!.bytes
  const rogue = new MemoryKeyStream(server)
  const write = async (owner: string, bytes: Uint8Array) => {
    await rogue.put(owner, bytes, server.messages.get(owner)?.sequence ?? 0)
    await proxy.store.look()
  }
  const forged = { version: 1, owner: 'a', generation: 9, madeFor: 0, mac: '0'.repeat(64) }
  await write('a', Buffer.from(JSON.stringify(forged)))
  await write('b', old)
  expect(forgeries).toBe(1)
  expect(proxy.store.owners()).toEqual({ ok: true, value: ['a'] })
  expect(proxy.store.find('a')).toEqual(key)
  // The next change restores the true entry.
  expect(await store.ensure('a', owned(1))).toEqual(key)
  expect(decodeEntry(server.messages.get('a')!.bytes, keys.macKeys)).toMatchObject({ owner: 'a', generation: 1 })
  await store.forget('a', 5)
  await proxy.store.look()
  await write('a', old)
  expect(proxy.store.owners()).toEqual({ ok: true, value: [] })
})

test('the entry of another owner, repeated on the subject of this one, is not taken for it', async () => {
  const server = new MemoryKeyServer()
  const { store } = await started(server)
  await store.ensure('a', unowned(0))
  const key = await store.ensure('b', unowned(0))
  const rogue = new MemoryKeyStream(server)
  await rogue.put('b', server.messages.get('a')!.bytes, server.messages.get('b')!.sequence)
  expect(await store.ensure('b', owned(1))).toEqual(key)
  expect(decodeEntry(server.messages.get('b')!.bytes, keys.macKeys)).toMatchObject({ owner: 'b' })
})

test('nothing on its way to the stream is in the clear, and under another master key nothing opens', async () => {
  const server = new MemoryKeyServer()
  const { store } = await started(server)
  const key = textOf(await store.ensure('a', unowned(0)))
  const sent = Buffer.from(server.messages.get('a')!.bytes)
  for (const form of ['base64', 'hex', 'latin1'] as const) {
    expect(sent.toString(form === 'latin1' ? form : 'utf8')).not.toContain(Buffer.from(key, 'hex').toString(form))
  }
  const other = sharedKeys([new Uint8Array(32).fill(8)])
  const file = new FileKeyStore(join(folder, `keys-${files++}.json`), ...other.wrapKeys)
  const { store: stranger } = await started(server, { keys: other, file })
  expect(stranger.owners()).toEqual({ ok: true, value: [] })
})

test('a node tells when the keys that it holds have changed, and then alone', async () => {
  const server = new MemoryKeyServer()
  const control = await started(server)
  let changes = 0
  const proxy = await started(server, { writes: false, onChange: () => changes++ })
  await control.store.ensure('a', unowned(0))
  await expect.poll(() => changes).toBe(1)
  await proxy.store.look()
  await control.store.ensure('a', owned(4))
  await proxy.store.look()
  expect(changes).toBe(1)
})

test('a key that is damaged in the file and its copy comes back from the stream', async () => {
  const server = new MemoryKeyServer()
  const { store, path } = await started(server)
  const key = await store.ensure('a', unowned(0))
  await store.ensure('b', unowned(1))
  await store.close()
  const file = JSON.parse(readFileSync(path, 'utf8')) as { keys: Record<string, string> }
  file.keys['a'] = Buffer.alloc(60, 1).toString('base64')
  for (const name of [path, `${path}.copy`]) writeFileSync(name, JSON.stringify(file))
  const back = await started(server, { file: new FileKeyStore(path, ...keys.wrapKeys), writes: false })
  await expect.poll(() => back.store.find('a')).toEqual(key)
  expect(back.store.troubles()).toEqual([])
})
