// The change of the master key: every data key is wrapped anew, a step that was interrupted goes on, and afterwards the
// previous master key is needed for nothing.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { ManualClock } from '../../shared/clock.ts'
import { FileKeyStore } from './file-key-store.ts'
import { owned, textOf, unowned } from './key-store-contract.ts'
import { keysFor, type MasterKeys } from './master-keys.ts'
import { MemoryKeyServer, MemoryKeyStream } from './memory-key-stream.ts'
import { SharedKeyStore } from './shared-key-store.ts'
import { sharedKeys } from './shared-keys.ts'

const folder = mkdtempSync(join(tmpdir(), 'headgate-rewrap-'))
afterAll(() => rmSync(folder, { recursive: true }))
let files = 0
const newPath = () => join(folder, `keys-${files++}.json`)
const [old, current] = [new Uint8Array(32).fill(7), new Uint8Array(32).fill(8)]
const fileOf = (path: string, masterKeys: MasterKeys) => new FileKeyStore(path, ...keysFor('wrapKey', masterKeys))

async function node(server: MemoryKeyServer, masterKeys: MasterKeys, path = newPath()) {
  const stream = new MemoryKeyStream(server)
  const around = { clock: new ManualClock(), notify: () => {}, writes: true, keys: sharedKeys(masterKeys) }
  const store = new SharedKeyStore({ ...around, stream, file: fileOf(path, masterKeys) })
  store.start()
  await store.look()
  return { store, path, stream }
}

test('the keys of a file need the previous master key until they are rewrapped, and not afterwards', async () => {
  const path = newPath()
  const before = fileOf(path, [old])
  const keys = [await before.ensure('a', unowned(4)), await before.ensure('b', unowned(0))].map(textOf)
  await before.ensure('gone', unowned(0))
  await before.forget('gone', 9)
  const both = fileOf(path, [current, old])
  both.mend()
  expect(both.troubles()).toEqual([])
  expect(await both.wrapping()).toEqual({ ok: true, value: { total: 2, left: 2 } })
  expect(['a', 'b'].map((owner) => textOf(both.find(owner)))).toEqual(keys)
  expect(await both.rewrap()).toEqual({ ok: true, value: 2 })
  expect(await both.rewrap()).toEqual({ ok: true, value: 0 })
  expect(await both.wrapping()).toEqual({ ok: true, value: { total: 2, left: 0 } })
  const after = fileOf(path, [current])
  expect(['a', 'b'].map((owner) => textOf(after.find(owner)))).toEqual(keys)
  expect(after.find('a')).toMatchObject({ value: { madeFor: 5 } })
  expect(after.find('gone')).toEqual({ ok: true, value: undefined })
  expect(readFileSync(`${path}.copy`)).toEqual(readFileSync(path))
  expect(fileOf(path, [old]).find('a')).toMatchObject({ ok: false, error: { type: 'keys-damaged' } })
})

test('a node that only accepts the new master key reads what others wrap under it already', async () => {
  const server = new MemoryKeyServer()
  const first = await node(server, [old, current])
  const second = await node(server, [current, old])
  const [one, two] = [await first.store.ensure('a', unowned(0)), await second.store.ensure('b', unowned(0))].map(textOf)
  await first.store.look()
  await second.store.look()
  for (const { store } of [first, second]) expect(['a', 'b'].map((o) => textOf(store.find(o)))).toEqual([one, two])
})

test('the keys of a cluster are rewrapped in the stream and on every node, forgotten ones too', async () => {
  const server = new MemoryKeyServer()
  const before = await node(server, [old])
  const key = textOf(await before.store.ensure('a', unowned(0)))
  await before.store.ensure('gone', unowned(0))
  await before.store.forget('gone', 5)
  await before.store.close()
  const control = await node(server, [current, old], before.path)
  const proxy = await node(server, [current, old])
  expect(await control.store.rewrap()).toEqual({ ok: true, value: 2 })
  expect(await control.store.wrapping()).toEqual({ ok: true, value: { total: 1, left: 0 } })
  expect(await control.store.rewrap()).toEqual({ ok: true, value: 0 })
  await proxy.store.look()
  for (const path of [control.path, proxy.path]) expect(textOf(fileOf(path, [current]).find('a'))).toBe(key)
  const late = await node(server, [current])
  expect(textOf(late.store.find('a'))).toBe(key)
  expect(late.store.owners()).toEqual({ ok: true, value: ['a'] })
  // A node that was away while the owner was forgotten forgets it, although the fact is older than its master key.
  expect(await late.store.ensure('gone', owned(9))).toMatchObject({ ok: true })
})

test('an interrupted change loses nothing, says what is left, and goes on', async () => {
  const server = new MemoryKeyServer()
  const before = await node(server, [old])
  const owners = Array.from({ length: 9 }, (_, index) => `owner-${index}`)
  const keys: string[] = []
  for (const owner of owners) keys.push(textOf(await before.store.ensure(owner, unowned(0))))
  await before.store.close()
  const control = await node(server, [current, old], before.path)
  let puts = 0
  const put = control.stream.put.bind(control.stream)
  control.stream.put = (...given) => {
    if (++puts === 4) server.setAway(true)
    return put(...given)
  }
  expect(await control.store.rewrap()).toMatchObject({ ok: false, error: { type: 'keys-unavailable' } })
  await control.store.close()
  server.setAway(false)
  const again = await node(server, [current, old], before.path)
  expect(owners.map((owner) => textOf(again.store.find(owner)))).toEqual(keys)
  expect(await again.store.wrapping()).toEqual({ ok: true, value: { total: 9, left: 6 } })
  expect(await again.store.rewrap()).toEqual({ ok: true, value: 6 })
  const after = await node(server, [current])
  expect(owners.map((owner) => textOf(after.store.find(owner)))).toEqual(keys)
})
