// The log under a master key that was replaced: what was written before stays genuine, and nothing new can be forged with it.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { ConfigEvent } from '../../shared/config/events.ts'
import { emptyState } from '../../shared/config/fold.ts'
import { readState, writeState } from '../config-log/follower/state-file.ts'
import { genesisHash } from '../config-log/log/config-log.ts'
import { openEvent, openPage, sealEvent } from '../config-log/log/event-codec.ts'
import { HighWaterFile } from '../config-log/log/high-water.ts'
import { fileSystem } from '../data-folder/disk.ts'
import { FileKeyStore } from './file-key-store.ts'
import { openLogKeys, retireLogKey } from './log-keys.ts'
import { keysFor } from './master-keys.ts'

const folder = mkdtempSync(join(tmpdir(), 'headgate-log-keys-'))
afterAll(() => rmSync(folder, { recursive: true }))
const [old, current, next] = [7, 8, 9].map((byte) => new Uint8Array(32).fill(byte)) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
]
let files = 0
const newPath = () => join(folder, `keys-${files++}.json`)
const storeOf = (path: string, ...keys: [Uint8Array, ...Uint8Array[]]) =>
  new FileKeyStore(path, ...keysFor('wrapKey', keys))

function eventAt(revision: number, prevHash: string): ConfigEvent {
  const change = { type: 'change-set' as const, changes: [] }
  const who = { actor: 'test', reason: 'test', at: '2026-01-01T00:00:00.000Z', commandId: `c${revision}` }
  return { revision, version: 1, type: 'change-set', prevHash, change, ...who }
}

/** A history whose first `turn` events are under the old key. */
function history(turn: number, length: number) {
  const keyOf = (revision: number) => keysFor('macKey', [revision <= turn ? old : current])[0]
  const events = []
  let hash = genesisHash
  for (let revision = 1; revision <= length; revision++) {
    const sealed = sealEvent(eventAt(revision, hash), keyOf(revision))
    events.push({ ...sealed, revision })
    hash = sealed.hash
  }
  return events
}

const start = { revision: 0, hash: genesisHash }

test('a retired key counts up to its revision, on a node without the old master key', async () => {
  const path = newPath()
  expect((await retireLogKey(storeOf(path, current), old, 3)).ok).toBe(true)
  const keys = openLogKeys([current], path)
  expect(openPage(history(3, 5), start, keys)).toMatchObject({ broken: undefined, opened: { length: 5 } })
  expect(openPage(history(3, 3), start, keys)).toMatchObject({ broken: undefined, opened: { length: 3 } })
  // Whoever has the old key can append nothing.
  const forged = history(4, 4)
  expect(openPage(forged, start, keys)).toMatchObject({ broken: { revision: 4, what: 'mac' }, opened: { length: 3 } })
  const last = forged[3]
  const expected = { revision: 4, prevHash: forged[2]?.hash ?? '', macKey: keys }
  expect(last && openEvent(last, expected)).toMatchObject({ ok: false, error: { what: 'mac' } })
})

test('a retired key whose entry was edited is none', async () => {
  const path = newPath()
  await retireLogKey(storeOf(path, current), old, 3)
  await storeOf(path, current).ensure('provider:a', { revision: 0, isOwned: false })
  const file = JSON.parse(readFileSync(path, 'utf8')) as { keys: Record<string, string> }
  const [owner = ''] = Object.keys(file.keys)
  const bytes = Buffer.from(file.keys[owner] ?? '', 'base64')
  // The sealed revision lies before the tag of 16 bytes.
  const at = bytes.length - 17
  bytes[at] = (bytes[at] ?? 0) ^ 0xff
  file.keys[owner] = bytes.toString('base64')
  for (const one of [path, `${path}.copy`]) writeFileSync(one, JSON.stringify(file))
  expect(openPage(history(3, 3), start, openLogKeys([current], path)).broken).toMatchObject({ revision: 1 })
})

test('a previous key that is configured counts without a bound until it is retired', async () => {
  const path = newPath()
  const keys = openLogKeys([current, old], path)
  expect(openPage(history(4, 4), start, keys)).toMatchObject({ broken: undefined })
  await retireLogKey(storeOf(path, current, old), old, 3)
  expect(openPage(history(4, 4), start, openLogKeys([current, old], path))).toMatchObject({ broken: { revision: 4 } })
})

test('a key that is retired while a node runs is read by the node', async () => {
  const path = newPath()
  const keys = openLogKeys([current], path)
  expect(openPage(history(2, 2), start, keys)).toMatchObject({ broken: { revision: 1 } })
  await retireLogKey(storeOf(path, current), old, 2)
  expect(openPage(history(2, 2), start, keys)).toMatchObject({ broken: undefined })
})

test('a retired key is rewrapped with the others when the master key is replaced once more', async () => {
  const path = newPath()
  await retireLogKey(storeOf(path, current), old, 3)
  await storeOf(path, next, current).rewrap()
  await retireLogKey(storeOf(path, next, current), current, 5)
  expect(openPage(history(3, 5), start, openLogKeys([next], path))).toMatchObject({ broken: undefined })
})

test('the mark and the copies of a node are read under a retired key up to its revision', async () => {
  const path = newPath()
  await retireLogKey(storeOf(path, current), old, 3)
  const keys = openLogKeys([current], path)
  const [before] = keysFor('macKey', [old])
  for (const revision of [3, 4]) {
    const markPath = join(folder, `mark-${revision}`)
    const statePath = join(folder, `state-${revision}`)
    new HighWaterFile(markPath, before).write({ revision, hash: 'h' })
    const state = Object.assign(emptyState(), { revision, hash: 'h' })
    await writeState(statePath, state, { disk: fileSystem, macKey: before })
    const isRead = revision === 3
    expect(new HighWaterFile(markPath, keys).read().type).toBe(isRead ? 'at' : 'damaged')
    expect(readState(readFileSync(statePath), revision, keys) !== undefined).toBe(isRead)
  }
})
