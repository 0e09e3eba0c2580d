import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { FileKeyStore } from './file-key-store.ts'
import { keyStoreContract } from './key-store-contract.ts'
import { deriveKeys } from './keys.ts'
import { MemoryKeyStore } from './memory-key-store.ts'

const folder = mkdtempSync(join(tmpdir(), 'headgate-keys-'))
afterAll(() => rmSync(folder, { recursive: true }))
let files = 0
const newPath = () => join(folder, `keys-${files++}.json`)
const { wrapKey } = deriveKeys(new Uint8Array(32).fill(7))

keyStoreContract('memory', () => {
  const keys = new Map<string, Uint8Array>()
  return { open: () => new MemoryKeyStore(keys) }
})
keyStoreContract('file', () => {
  const path = newPath()
  return { open: () => new FileKeyStore(path, wrapKey) }
})

test('the file holds no key in the clear and is for its owner alone', () => {
  const path = newPath()
  const key = new FileKeyStore(path, wrapKey).ensure('a')
  if (!key.ok) throw new Error(key.error.message)
  const content = readFileSync(path, 'utf8')
  expect(content).not.toContain(Buffer.from(key.value).toString('base64').slice(0, 20))
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([])
})

test('another master key opens nothing and destroys nothing', () => {
  const path = newPath()
  new FileKeyStore(path, wrapKey).ensure('a')
  const other = new FileKeyStore(path, deriveKeys(new Uint8Array(32).fill(8)).wrapKey)
  const before = readFileSync(path)
  expect(other.ensure('b')).toMatchObject({ ok: false, error: { type: 'keys-damaged' } })
  expect(readFileSync(path)).toEqual(before)
})

test('a broken file is refused, not taken for an empty one', () => {
  const path = newPath()
  for (const content of ['', '{', '{"version":2,"keys":{}}', '{"version":1}', 'null']) {
    writeFileSync(path, content)
    expect(new FileKeyStore(path, wrapKey).ensure('a')).toMatchObject({ ok: false, error: { type: 'keys-damaged' } })
  }
})

test('a wrapped key that was moved to another owner does not open', () => {
  const path = newPath()
  new FileKeyStore(path, wrapKey).ensure('a')
  writeFileSync(path, readFileSync(path, 'utf8').replace('"a"', '"b"'))
  expect(new FileKeyStore(path, wrapKey).find('b')).toMatchObject({ ok: false, error: { type: 'keys-damaged' } })
})
