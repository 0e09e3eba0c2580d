import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { FileKeyStore } from './file-key-store.ts'
import type { DataKey } from './key-store.ts'
import { keyStoreContract, owned, textOf, unowned } from './key-store-contract.ts'
import { deriveKeys } from './keys.ts'
import { MemoryKeyStore } from './memory-key-store.ts'

const folder = mkdtempSync(join(tmpdir(), 'headgate-keys-'))
afterAll(() => rmSync(folder, { recursive: true }))
let files = 0
const newPath = () => join(folder, `keys-${files++}.json`)
const { wrapKey } = deriveKeys(new Uint8Array(32).fill(7))
const use = unowned(0)

keyStoreContract('memory', async () => {
  const keys = new Map<string, DataKey>()
  return { open: async () => new MemoryKeyStore(keys) }
})
keyStoreContract('file', async () => {
  const path = newPath()
  return { open: async () => new FileKeyStore(path, wrapKey) }
})

test('the file holds no key in the clear and is for its owner alone', async () => {
  const path = newPath()
  const key = textOf(await new FileKeyStore(path, wrapKey).ensure('a', use))
  const content = readFileSync(path, 'utf8')
  expect(content).not.toContain(Buffer.from(key, 'hex').toString('base64').slice(0, 20))
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([])
})

test('another master key opens nothing and destroys nothing', async () => {
  const path = newPath()
  await new FileKeyStore(path, wrapKey).ensure('a', use)
  const other = new FileKeyStore(path, deriveKeys(new Uint8Array(32).fill(8)).wrapKey)
  const before = readFileSync(path)
  expect(await other.ensure('b', use)).toMatchObject({ ok: false, error: { type: 'keys-damaged' } })
  expect(readFileSync(path)).toEqual(before)
})

test('a broken file is refused, not taken for an empty one', async () => {
  const path = newPath()
  const contents = [
    '',
    '{',
    '{"version":2,"keys":{}}',
    '{"version":1}',
    '{"version":1,"keys":{},"lives":{},"forgotten":{"a":"b"}}',
  ]
  for (const content of [...contents, 'null']) {
    writeFileSync(path, content)
    const refusal = { ok: false, error: { type: 'keys-damaged' } }
    expect(await new FileKeyStore(path, wrapKey).ensure('a', use)).toMatchObject(refusal)
  }
})

test('a wrapped key that was moved to another owner does not open', async () => {
  const path = newPath()
  await new FileKeyStore(path, wrapKey).ensure('a', use)
  writeFileSync(path, readFileSync(path, 'utf8').replaceAll('"a"', '"b"'))
  expect(new FileKeyStore(path, wrapKey).find('b')).toMatchObject({ ok: false, error: { type: 'key-damaged' } })
})

test('a file of a release that kept no revisions is read, and nothing is on its way to its keys', async () => {
  const path = newPath()
  const store = new FileKeyStore(path, wrapKey)
  const key = textOf(await store.ensure('a', unowned(7)))
  const { lives: _, forgotten: __, ...older } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
  writeFileSync(path, JSON.stringify(older))
  expect(textOf(await new FileKeyStore(path, wrapKey).ensure('a', owned(7)))).toBe(key)
  expect(await new FileKeyStore(path, wrapKey).forget('a', 7)).toEqual({ ok: true, value: true })
})
