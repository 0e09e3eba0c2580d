import fc from 'fast-check'
import { expect, test } from 'vitest'
import { deriveKeys } from './keys.ts'
import { MemoryKeyStore } from './memory-key-store.ts'
import { SecretBox } from './secret-box.ts'

function seal(box: SecretBox, owner: string, plain: string) {
  const sealed = box.seal(owner, plain)
  if (!sealed.ok) throw new Error(sealed.error.message)
  return sealed.value
}

test('whatever was sealed opens again, and is not to be seen in what is stored', () => {
  const box = new SecretBox(new MemoryKeyStore())
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme', minLength: 8 }), (owner, plain) => {
      const sealed = seal(box, owner, plain)
      expect(box.open(sealed)).toEqual({ ok: true, value: Buffer.from(plain).toString('utf8') })
      expect(sealed.$sealed).not.toContain(plain)
    }),
    { numRuns: 50 },
  )
})

test('of all owners only those that are needed are remembered', () => {
  const box = new SecretBox(new MemoryKeyStore())
  const [kept, gone] = [seal(box, 'provider:a', 'secret'), seal(box, 'provider:b', 'secret')]
  expect(box.forgetAllBut((owner) => owner === 'provider:a')).toEqual({ ok: true, value: ['provider:b'] })
  expect(box.open(kept)).toEqual({ ok: true, value: 'secret' })
  expect(box.open(gone)).toEqual({ ok: false, error: { type: 'key-missing', owner: 'provider:b' } })
  const again = seal(box, 'provider:b', 'other')
  expect(box.open(again)).toEqual({ ok: true, value: 'other' })
  expect(box.open(gone)).toMatchObject({ ok: false, error: { type: 'secret-damaged' } })
})

test('the same secret sealed twice is two different texts', () => {
  const box = new SecretBox(new MemoryKeyStore())
  expect(seal(box, 'a', 'secret').$sealed).not.toBe(seal(box, 'a', 'secret').$sealed)
})

test('a changed character anywhere makes it unreadable, and nothing throws', () => {
  const box = new SecretBox(new MemoryKeyStore())
  const sealed = seal(box, 'provider/a', 'sk-abcdefgh-12345678')
  for (let at = 0; at < sealed.$sealed.length - 1; at++) {
    const other = sealed.$sealed[at] === 'A' ? 'B' : 'A'
    const text = sealed.$sealed.slice(0, at) + other + sealed.$sealed.slice(at + 1)
    expect(box.open({ $sealed: text, hint: '' }).ok).toBe(false)
  }
  for (const text of ['', 'v1', 'v1..', 'v2.a.b', 'v1.a.b.c', sealed.$sealed.slice(0, -20)]) {
    expect(box.open({ $sealed: text, hint: '' }).ok).toBe(false)
  }
})

test("a secret moved to another owner's name does not open", () => {
  const box = new SecretBox(new MemoryKeyStore())
  const [mine, theirs] = [seal(box, 'a', 'secret'), seal(box, 'b', 'secret')]
  const [version, , body] = mine.$sealed.split('.')
  const moved = [version, theirs.$sealed.split('.')[1], body].join('.')
  expect(box.open({ $sealed: moved, hint: '' })).toMatchObject({ ok: false, error: { type: 'secret-damaged' } })
})

test('forgetting an owner makes its secrets unreadable for ever, also when it comes back', () => {
  const box = new SecretBox(new MemoryKeyStore())
  const sealed = seal(box, 'a', 'secret')
  box.forgetAllBut(() => false)
  expect(box.open(sealed)).toEqual({ ok: false, error: { type: 'key-missing', owner: 'a' } })
  seal(box, 'a', 'another')
  expect(box.open(sealed)).toMatchObject({ ok: false, error: { type: 'secret-damaged' } })
})

test('the hint is four characters of a long secret and none of a short one', () => {
  const box = new SecretBox(new MemoryKeyStore())
  expect(seal(box, 'a', 'sk-abcdefgh-12345678').hint).toBe('5678')
  expect(seal(box, 'a', 'short').hint).toBe('')
})

test('keys for different purposes differ, and are the same at every start', () => {
  const master = new Uint8Array(32).fill(1)
  const keys = Object.values(deriveKeys(master)).map((key) => Buffer.from(key).toString('hex'))
  expect(new Set(keys).size).toBe(keys.length)
  expect(Object.values(deriveKeys(master)).map((key) => Buffer.from(key).toString('hex'))).toEqual(keys)
})
