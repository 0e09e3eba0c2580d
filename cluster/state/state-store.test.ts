// The state stores that need no server.
import { createHmac } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import type { Clock } from '../../shared/clock.ts'
import type { Notice } from '../../shared/notice.ts'
import { LocalBus } from '../bus/local-bus.ts'
import { announceState } from './announced-state.ts'
import { BusStateStore, serveState } from './bus-state-store.ts'
import { openMemoryState } from './memory-state-store.ts'
import { sealState } from './sealed-state.ts'
import { SqliteStateStore } from './sqlite-state-store.ts'
import type { StateStore } from './state-store.ts'
import { type OpenedState, type OpenStateOptions, stateStoreContract } from './state-store-contract.ts'

const stateKey = new Uint8Array(32).fill(3)
const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-state-'))
  folders.push(folder)
  return folder
}

/** Makes a clock that stands still until the test advances it. */
function standingClock() {
  let nowMs = 1_800_000_000_000
  const clock = { wallMs: () => nowMs, monotonicMs: () => nowMs, every: () => ({ cancel() {} }) } as unknown as Clock
  const pass = async (ms: number) => {
    nowMs += ms
  }
  return { clock, pass }
}

function opened(stores: [StateStore, ...StateStore[]], pass: OpenedState['pass']): OpenedState {
  return { stores, pass, close: async () => void (await Promise.all(stores.map((store) => store.close()))) }
}

const openMemory = async (options: OpenStateOptions) => {
  const { clock, pass } = standingClock()
  return opened([openMemoryState({ clock, ...options })], pass)
}
const openSqlite = async (options: OpenStateOptions) => {
  const { clock, pass } = standingClock()
  return opened([new SqliteStateStore({ path: join(newFolder(), 'state.sqlite'), clock, ...options })], pass)
}

stateStoreContract('memory', openMemory)
stateStoreContract('sqlite', openSqlite)
stateStoreContract('sealed', async (options) => {
  const { stores, pass } = await openMemory(options)
  return opened([sealState(stores[0], stateKey), sealState(stores[0], stateKey)], pass)
})
stateStoreContract('over the bus', async (options) => {
  const { stores, pass } = await openMemory(options)
  const bus = new LocalBus()
  serveState(bus, stores[0])
  return opened([new BusStateStore(bus), new BusStateStore(bus)], pass)
})

const key = { owner: 'team:a', id: 'resp_1' }

test('SQLite: state outlives its process, and nobody else may read the file', async () => {
  const path = join(newFolder(), 'state.sqlite')
  const { clock } = standingClock()
  const first = new SqliteStateStore({ path, clock })
  await first.put(key, Buffer.from('kept'))
  await first.close()
  const second = new SqliteStateStore({ path, clock })
  expect(await second.get(key)).toEqual({ ok: true, value: new Uint8Array(Buffer.from('kept')) })
  expect(statSync(path).mode & 0o077).toBe(0)
  await second.close()
})

test('sealed: neither values nor owners nor ids lie in the file, and what was deleted is gone from it', async () => {
  const folder = newFolder()
  const { clock } = standingClock()
  const plain = new SqliteStateStore({ path: join(folder, 'state.sqlite'), clock })
  const store = sealState(plain, stateKey)
  await store.put(key, Buffer.from('what was said in confidence'))
  const hidden = createHmac('sha256', stateKey).update('owner v1 team:a').digest('base64url')
  const sealed = await plain.get({ ...key, owner: hidden })
  const bytes = () => Buffer.concat(readdirSync(folder).map((file) => readFileSync(join(folder, file))))
  for (const text of ['in confidence', 'team:a', 'resp_1']) expect(bytes().includes(text)).toBe(false)
  const there = Buffer.from((sealed as { value: Uint8Array }).value)
  await store.delete(key)
  await store.close()
  expect(bytes().includes(there)).toBe(false)
})

test('sealed: a value of another master key, or moved to another place, does not open', async () => {
  const { clock } = standingClock()
  const memory = openMemoryState({ clock })
  await sealState(memory, stateKey).put(key, Buffer.from('x'))
  const other = sealState(memory, new Uint8Array(32))
  expect(await other.get(key)).toEqual({ ok: true, value: undefined })
  await sealState(memory, stateKey).put({ ...key, former: true }, Buffer.from('x'))
  expect(await other.get({ ...key, former: true })).toMatchObject({ ok: false, error: { type: 'unavailable' } })
  const former = { ...key, former: true as const }
  const raw = await memory.get(former)
  const moved = { ...former, owner: 'team:b' }
  await memory.put(moved, (raw as { value: Uint8Array }).value)
  expect(await sealState(memory, stateKey).get(moved)).toMatchObject({ ok: false })
})

test('sealed: entries of a previous key are read, deleted and forgotten, and new ones are under the current key', async () => {
  const { clock } = standingClock()
  const memory = openMemoryState({ clock })
  const [before, current] = [sealState(memory, stateKey), new Uint8Array(32)]
  const both = sealState(memory, current, stateKey)
  const former = { ...key, former: true as const }
  const entries = [key, { ...key, id: 'resp_2' }, { ...key, id: 'resp_3' }, former]
  for (const one of entries) await before.put(one, Buffer.from('x'))
  for (const one of entries) expect(await both.get(one)).toEqual({ ok: true, value: Buffer.from('x') })
  expect(await both.get({ ...key, id: 'unknown' })).toEqual({ ok: true, value: undefined })
  expect(await both.delete(key)).toEqual({ ok: true, value: true })
  expect(await both.get(key)).toEqual({ ok: true, value: undefined })
  await both.put({ ...key, id: 'resp_4' }, Buffer.from('y'))
  expect(await sealState(memory, current).get({ ...key, id: 'resp_4' })).toMatchObject({ value: Buffer.from('y') })
  expect(await both.forget(key.owner)).toEqual({ ok: true, value: 3 })
})

test("SQLite: somebody else's file is left alone, and so is one that cannot be written", async () => {
  const { clock } = standingClock()
  const path = join(newFolder(), 'state.sqlite')
  writeFileSync(path, 'this is no database, it is a letter to somebody, and longer than a page head. '.repeat(4))
  const store = new SqliteStateStore({ path, clock })
  expect(await store.get(key)).toMatchObject({ ok: false, error: { type: 'unavailable' } })
  expect(readFileSync(path, 'utf8')).toContain('a letter')
  const nowhere = new SqliteStateStore({ path: join(newFolder(), 'absent', 'state.sqlite'), clock })
  expect(await nowhere.put(key, Buffer.from('x'))).toMatchObject({ ok: false, error: { type: 'unavailable' } })
  await Promise.all([store.close(), nowhere.close()])
})

test('SQLite: what has expired makes room', async () => {
  const { clock, pass } = standingClock()
  const path = join(newFolder(), 'state.sqlite')
  const store = new SqliteStateStore({ path, clock, ageMsMax: 1_000, bytesMax: 1_000 })
  const large = Buffer.alloc(900)
  expect(await store.put(key, large)).toMatchObject({ ok: true })
  expect(await store.put({ ...key, id: 'resp_2' }, large)).toEqual({ ok: false, error: { type: 'full' } })
  await pass(1_000)
  expect(await store.put({ ...key, id: 'resp_2' }, large)).toMatchObject({ ok: true })
  await store.close()
})

test('over the bus: where nobody serves it, it is said to be away', async () => {
  const bus = new LocalBus()
  expect(await new BusStateStore(bus).get(key)).toMatchObject({ ok: false, error: { type: 'unavailable' } })
  bus.close()
})

test('what keeps state from being stored is told once a minute, and what is no trouble is not', async () => {
  const { clock, pass } = standingClock()
  const told: Notice[] = []
  const memory = openMemoryState({ clock, bytesMax: 10 })
  const store = announceState(memory, { clock, notify: (notice) => told.push(notice) })
  await store.put(key, Buffer.from('12345678'))
  await store.put(key, Buffer.from('1'))
  expect(told).toEqual([])
  for (let n = 0; n < 5; n++) await store.put({ ...key, id: `resp_x${n}` }, Buffer.from('12345678'))
  expect(told).toEqual([{ type: 'state-troubled', message: expect.stringContaining('no room') }])
  await pass(60_000)
  await store.put({ ...key, id: 'resp_y' }, Buffer.from('12345678'))
  expect(told).toHaveLength(2)
})
