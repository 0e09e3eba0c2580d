import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { FileKeyStore } from './file-key-store.ts'
import { keysAreForeign } from './key-copies.ts'
import { owned, textOf, unowned } from './key-store-contract.ts'
import { deriveKeys } from './keys.ts'
import { SecretBox } from './secret-box.ts'

const folder = mkdtempSync(join(tmpdir(), 'headgate-key-copies-'))
afterAll(() => rmSync(folder, { recursive: true }))
let files = 0
const { wrapKey } = deriveKeys(new Uint8Array(32).fill(7))
const open = (path: string) => new FileKeyStore(path, wrapKey)

async function given() {
  const path = join(folder, `keys-${files++}.json`)
  const store = open(path)
  const keys: Record<string, string> = {}
  for (const owner of ['a', 'b']) keys[owner] = textOf(await store.ensure(owner, unowned(0)))
  return { path, copy: `${path}.copy`, keys }
}

/** Flips one bit in the middle of a wrapped key. */
function flip(path: string, owner: string): void {
  const file = JSON.parse(readFileSync(path, 'utf8')) as { keys: Record<string, string> }
  const bytes = Buffer.from(file.keys[owner] ?? '', 'base64')
  const middle = bytes.length >> 1
  bytes[middle] = (bytes[middle] ?? 0) ^ 1
  file.keys[owner] = bytes.toString('base64')
  writeFileSync(path, `${JSON.stringify(file)}\n`)
}

test('an entry that does not open is taken from the copy, told, and written anew', async () => {
  const { path, copy, keys } = await given()
  flip(path, 'b')
  expect([textOf(open(path).find('a')), textOf(open(path).find('b'))]).toEqual([keys['a'], keys['b']])
  const writer = open(path)
  writer.mend()
  expect(writer.troubles()).toEqual([
    { level: 'degraded', reason: 'the data key of b was damaged and is restored from its copy: check the disk' },
  ])
  rmSync(copy)
  expect(textOf(open(path).find('b'))).toBe(keys['b'])
})

test('an entry that is damaged in both files takes none of the others along, is named, and may be written anew', async () => {
  const { path, copy, keys } = await given()
  for (const file of [path, copy]) flip(file, 'b')
  const store = open(path)
  store.mend()
  expect(textOf(store.find('a'))).toBe(keys['a'])
  expect(store.find('b')).toMatchObject({ ok: false, error: { type: 'key-damaged', owner: 'b' } })
  expect(store.troubles()).toMatchObject([
    { level: 'degraded', reason: expect.stringMatching(/^the data key of b is/) },
  ])
  const box = new SecretBox(store)
  expect(box.seal('b', 'secret', owned(4))).toMatchObject({ ok: false, error: { type: 'key-missing' } })
  await box.prepare(new Map([['b', owned(4)]]))
  const sealed = box.seal('b', 'secret', owned(4))
  expect(sealed.ok && new SecretBox(open(path)).open(sealed.value)).toEqual({ ok: true, value: 'secret' })
  expect(store.troubles()).toEqual([])
})

test.each([
  [
    'text that is no JSON',
    (path: string) => writeFileSync(path, readFileSync(path, 'utf8').replace('"keys"', '"keys')),
  ],
  ['nothing', (path: string) => writeFileSync(path, '')],
  [
    'an owner under a name that a bit has changed',
    (path: string) =>
      writeFileSync(path, readFileSync(path, 'utf8').replace('{"b":', '{"c":').replace(',"b":', ',"c":')),
  ],
  ['no file', (path: string) => rmSync(path)],
])('with %s in one of the two files no owner is without its key', async (_, harm) => {
  for (const which of ['path', 'copy'] as const) {
    const made = await given()
    harm(made[which])
    const store = open(made.path)
    expect([textOf(store.find('a')), textOf(store.find('b'))]).toEqual([made.keys['a'], made.keys['b']])
  }
})

test('a folder of an older release gets its copy, and that is no trouble', async () => {
  const { path, copy } = await given()
  rmSync(copy)
  const store = open(path)
  store.mend()
  expect(readFileSync(copy)).toEqual(readFileSync(path))
  expect(store.troubles()).toEqual([])
})

test('a copy that a kill has left behind restores nothing that was forgotten or replaced', async () => {
  const { path, copy } = await given()
  const before = readFileSync(copy)
  const store = open(path)
  await store.forget('a', 5)
  await store.forget('b', 5)
  const replaced = textOf(await store.ensure('b', unowned(5)))
  writeFileSync(copy, before)
  const next = open(path)
  next.mend()
  expect(next.find('a')).toEqual({ ok: true, value: undefined })
  expect(textOf(next.find('b'))).toBe(replaced)
  expect(next.troubles()).toEqual([])
  expect(readFileSync(copy)).toEqual(readFileSync(path))
})

test('with every key damaged the file is still known to be of this master key', async () => {
  const { path, copy } = await given()
  for (const file of [path, copy]) for (const owner of ['a', 'b']) flip(file, owner)
  const store = open(path)
  expect(store.find('a')).toMatchObject({ ok: false, error: { type: 'key-damaged' } })
  expect((await store.ensure('a', owned(1))).ok).toBe(true)
})

test('under another master key nothing is mended', async () => {
  const { path, copy } = await given()
  flip(path, 'b')
  const before = [readFileSync(path), readFileSync(copy)]
  const other = new FileKeyStore(path, deriveKeys(new Uint8Array(32).fill(8)).wrapKey)
  other.mend()
  expect([readFileSync(path), readFileSync(copy)]).toEqual(before)
  expect(other.troubles()).toMatchObject([{ reason: expect.stringMatching(/master key/) }])
})

test('files that another master key made are foreign, and damaged ones of ours are not', async () => {
  const { path, copy } = await given()
  const [ours, other] = [7, 8].map((byte) => new Uint8Array(32).fill(byte))
  if (ours === undefined || other === undefined) throw new Error('two keys')
  const foreign = () => [
    keysAreForeign(path, [ours]),
    keysAreForeign(path, [other]),
    keysAreForeign(path, [other, ours]),
  ]
  expect(foreign()).toEqual([false, true, false])
  for (const file of [path, copy]) for (const owner of ['a', 'b']) flip(file, owner)
  expect(foreign()).toEqual([false, true, false])
  rmSync(copy)
  writeFileSync(path, 'no file of keys')
  expect(foreign()).toEqual([false, false, false])
  rmSync(path)
  expect(foreign()).toEqual([false, false, false])
})
