import fc from 'fast-check'
import { expect, test } from 'vitest'
import { deriveKeys } from './keys.ts'
import { MemoryKeyStore } from './memory-key-store.ts'
import { SecretBox } from './secret-box.ts'

const use = { revision: 0, isOwned: true }

async function seal(box: SecretBox, owner: string, plain: string) {
  await box.prepare(new Map([[owner, use]]))
  const sealed = box.seal(owner, plain, use)
  if (!sealed.ok) throw new Error(sealed.error.type)
  return sealed.value
}

test('whatever was sealed opens again, and is not to be seen in what is stored', async () => {
  const box = new SecretBox(new MemoryKeyStore())
  await fc.assert(
    fc.asyncProperty(
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: 'grapheme', minLength: 8 }),
      async (owner, plain) => {
        const sealed = await seal(box, owner, plain)
        expect(box.open(sealed)).toEqual({ ok: true, value: Buffer.from(plain).toString('utf8') })
        expect(sealed.$sealed).not.toContain(plain)
      },
    ),
    { numRuns: 50 },
  )
})

test('of all owners only those that are needed are remembered', async () => {
  const box = new SecretBox(new MemoryKeyStore())
  const [kept, gone] = [await seal(box, 'provider:a', 'secret'), await seal(box, 'provider:b', 'secret')]
  expect(await box.forgetAllBut((owner) => owner === 'provider:a', 1)).toEqual({ ok: true, value: ['provider:b'] })
  expect(box.open(kept)).toEqual({ ok: true, value: 'secret' })
  expect(box.open(gone)).toEqual({ ok: false, error: { type: 'key-missing', owner: 'provider:b' } })
  const again = await seal(box, 'provider:b', 'other')
  expect(box.open(again)).toEqual({ ok: true, value: 'other' })
  expect(box.open(gone)).toMatchObject({ ok: false, error: { type: 'secret-damaged' } })
})

test('nothing is sealed under a key that nobody made for it', async () => {
  const box = new SecretBox(new MemoryKeyStore())
  const missing = { ok: false, error: { type: 'key-missing', owner: 'a' } }
  expect(box.seal('a', 'secret', use)).toEqual(missing)
  const unowned = { revision: 4, isOwned: false }
  await box.prepare(new Map([['a', unowned]]))
  expect(box.seal('a', 'secret', unowned).ok).toBe(true)
  // Another event became revision 5: the next resource under this name has a key of its own.
  expect(box.seal('a', 'secret', { ...unowned, revision: 5 })).toEqual(missing)
})

test('the same secret sealed twice is two different texts', async () => {
  const box = new SecretBox(new MemoryKeyStore())
  expect((await seal(box, 'a', 'secret')).$sealed).not.toBe((await seal(box, 'a', 'secret')).$sealed)
})

test('a changed character anywhere makes it unreadable, and nothing throws', async () => {
  const box = new SecretBox(new MemoryKeyStore())
  const sealed = await seal(box, 'provider/a', 'sk-abcdefgh-12345678')
  for (let at = 0; at < sealed.$sealed.length - 1; at++) {
    const other = sealed.$sealed[at] === 'A' ? 'B' : 'A'
    const text = sealed.$sealed.slice(0, at) + other + sealed.$sealed.slice(at + 1)
    expect(box.open({ $sealed: text, hint: '' }).ok).toBe(false)
  }
  for (const text of ['', 'v1', 'v1..', 'v2.a.b', 'v1.a.b.c', sealed.$sealed.slice(0, -20)]) {
    expect(box.open({ $sealed: text, hint: '' }).ok).toBe(false)
  }
})

test("a secret moved to another owner's name does not open", async () => {
  const box = new SecretBox(new MemoryKeyStore())
  const [mine, theirs] = [await seal(box, 'a', 'secret'), await seal(box, 'b', 'secret')]
  const [version, , body] = mine.$sealed.split('.')
  const moved = [version, theirs.$sealed.split('.')[1], body].join('.')
  expect(box.open({ $sealed: moved, hint: '' })).toMatchObject({ ok: false, error: { type: 'secret-damaged' } })
})

test('forgetting an owner makes its secrets unreadable for ever, also when it comes back', async () => {
  const box = new SecretBox(new MemoryKeyStore())
  const sealed = await seal(box, 'a', 'secret')
  await box.forgetAllBut(() => false, 1)
  expect(box.open(sealed)).toEqual({ ok: false, error: { type: 'key-missing', owner: 'a' } })
  await seal(box, 'a', 'another')
  expect(box.open(sealed)).toMatchObject({ ok: false, error: { type: 'secret-damaged' } })
})

test('the hint is four characters of a long secret and none of a short one', async () => {
  const box = new SecretBox(new MemoryKeyStore())
  expect((await seal(box, 'a', 'sk-abcdefgh-12345678')).hint).toBe('5678')
  expect((await seal(box, 'a', 'short')).hint).toBe('')
})

test('keys for different purposes differ, and are the same at every start', () => {
  const master = new Uint8Array(32).fill(1)
  const keys = Object.values(deriveKeys(master)).map((key) => Buffer.from(key).toString('hex'))
  expect(new Set(keys).size).toBe(keys.length)
  expect(Object.values(deriveKeys(master)).map((key) => Buffer.from(key).toString('hex'))).toEqual(keys)
})
