import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { type DataFolderOptions, openDataFolder } from './data-folder.ts'

const root = mkdtempSync(join(tmpdir(), 'headgate-folder-'))
afterAll(() => rmSync(root, { recursive: true }))
let folders = 0
const newPath = () => join(root, `folder-${folders++}`)

function open(path: string, options: Partial<DataFolderOptions> = {}) {
  return openDataFolder({ path, masterKey: undefined, embedded: true, pid: process.pid, ...options })
}

function opened(path: string, options: Partial<DataFolderOptions> = {}) {
  const folder = open(path, options)
  if (!folder.ok) throw new Error(folder.error.message)
  return folder.value
}

test('a new folder is private and keeps its id and master key', () => {
  const path = newPath()
  const first = opened(path)
  first.release()
  const second = opened(path)
  second.release()
  expect(second.nodeId).toBe(first.nodeId)
  expect(second.masterKeys).toEqual(first.masterKeys)
  expect(first.masterKeys.map((key) => key.byteLength)).toEqual([32])
  for (const folder of [path, first.configDir, first.spoolDir]) expect(statSync(folder).mode & 0o777).toBe(0o700)
  for (const file of ['master.key', 'node-id', 'format', 'lock', 'lock.pid'])
    expect(statSync(join(path, file)).mode & 0o777).toBe(0o600)
})

test('a second opener is refused and told who holds the folder', () => {
  const path = newPath()
  const first = opened(path)
  expect(open(path)).toMatchObject({ ok: false, error: { type: 'locked', holder: process.pid } })
  first.release()
  opened(path).release()
})

test('a folder of a newer release is refused and left as it is', () => {
  const path = newPath()
  opened(path).release()
  writeFileSync(join(path, 'format'), '2\n')
  const before = readdirSync(path).sort()
  expect(open(path)).toMatchObject({ ok: false, error: { type: 'newer' } })
  expect(readdirSync(path).sort()).toEqual(before)
})

test('foreign files are ignored and an existing folder keeps its mode', () => {
  const path = mkdtempSync(join(root, 'existing-'))
  chmodSync(path, 0o755)
  writeFileSync(join(path, 'notes.txt'), 'mine')
  opened(path).release()
  expect(readFileSync(join(path, 'notes.txt'), 'utf8')).toBe('mine')
  expect(statSync(path).mode & 0o777).toBe(0o755)
})

test('a given master key is used and not written down', () => {
  const path = newPath()
  const masterKey = new Uint8Array(32).fill(3)
  const folder = opened(path, { masterKey, embedded: false })
  folder.release()
  expect(folder.masterKeys).toEqual([masterKey])
  expect(readdirSync(path)).not.toContain('master.key')
})

test('while the master key of the folder is replaced, the old one is accepted beside the new one', () => {
  const path = newPath()
  const first = opened(path)
  first.release()
  const [old] = first.masterKeys
  const masterKey = new Uint8Array(32).fill(9)
  const folder = opened(path, { masterKey, previousMasterKeys: [old, masterKey] })
  folder.release()
  expect(folder.masterKeys).toEqual([masterKey, old])
})

test.each([
  ['a cluster without a master key', {}, { embedded: false }],
  ['a master key that differs from the one in the folder', { made: true }, { masterKey: new Uint8Array(32).fill(9) }],
  ['a master key file that holds something else', { made: true, file: 'AAAA' }, {}],
])('%s is refused', (_what, given: { made?: boolean; file?: string }, options: Partial<DataFolderOptions>) => {
  const path = newPath()
  if (given.made === true) opened(path).release()
  if (given.file !== undefined) writeFileSync(join(path, 'master.key'), given.file)
  expect(open(path, options)).toMatchObject({ ok: false, error: { type: 'master-key' } })
})

test('a lost master key is not replaced under a configuration that was made with it', () => {
  const path = newPath()
  const folder = opened(path)
  folder.release()
  writeFileSync(folder.files.log, 'something')
  rmSync(join(path, 'master.key'))
  expect(open(path)).toMatchObject({ ok: false, error: { type: 'master-key' } })
  expect(readdirSync(path)).not.toContain('master.key')
})

test('a path that cannot be a folder is a refusal with its reason', () => {
  const file = join(root, 'a-file')
  writeFileSync(file, '')
  expect(open(join(file, 'inside'))).toMatchObject({ ok: false, error: { type: 'unusable' } })
})
