import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ObjectIds, type ObjectRef } from './object-ids.ts'

const ids = new ObjectIds(new Uint8Array(32).fill(3))
const ref: ObjectRef = {
  kind: 'file',
  provider: 'openai',
  credential: 'main',
  owner: 'team a',
  id: 'file-abc',
  models: [],
}

test('what an id was made of comes back, and the same object has the same id', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 30 })
  const refs: fc.Arbitrary<ObjectRef> = fc.record({
    kind: fc.constantFrom('file', 'batch', 'file-cursor', 'batch-cursor'),
    provider: text,
    credential: text,
    owner: text,
    id: text,
    models: fc.array(text, { maxLength: 4 }),
  })
  fc.assert(
    fc.property(refs, (one) => {
      const id = ids.seal(one)
      expect(id).toMatch(/^[\w-]+$/)
      expect(ids.open(id, one.kind)).toEqual(one)
      expect(ids.seal({ ...one })).toBe(id)
    }),
  )
})

test('an id tells nothing of what it stands for, and no other text is one', () => {
  const id = ids.seal(ref)
  expect(Buffer.from(id.slice(8), 'base64url').includes('file-abc')).toBe(false)
  expect(ids.open(id, 'batch')).toBeUndefined()
  const cursor = ids.seal({ ...ref, kind: 'file-cursor' })
  expect([ids.open(cursor, 'file'), ids.open(id, 'file-cursor')]).toEqual([undefined, undefined])
  const forged = cursor.replace('file-hgc-', 'file-hg-')
  expect(ids.open(forged, 'file')).toBeUndefined()
  expect(new ObjectIds(new Uint8Array(32).fill(4)).open(id, 'file')).toBeUndefined()
  for (let at = 8; at < id.length; at++) {
    const other = id.slice(0, at) + (id[at] === 'A' ? 'B' : 'A') + id.slice(at + 1)
    expect(ids.open(other, 'file')).toBeUndefined()
  }
  for (const other of ['', 'file-abc', 'file-hg-', `${id}=`, `${id}A`, ` ${id}`, id.slice(0, -1)]) {
    expect(ids.open(other, 'file')).toBeUndefined()
  }
})

test('a mark is read back, and nothing else is one', () => {
  const mark = { owner: 'team a', models: ['fast', 'smärt'] }
  expect(ids.readToken(ids.tokenOf(mark))).toEqual(mark)
  for (const other of ['', 'x', ids.seal(ref), ids.tokenOf(mark).slice(1)]) expect(ids.readToken(other)).toBeUndefined()
})

test('ids and marks of a previous key are read, and new ones are made under the current key', () => {
  const [old, current] = [new Uint8Array(32).fill(3), new Uint8Array(32).fill(4)]
  const both = new ObjectIds(current, old)
  const mark = { owner: 'team a', models: [] }
  expect(both.open(ids.seal(ref), 'file')).toEqual(ref)
  expect(both.readToken(ids.tokenOf(mark))).toEqual(mark)
  expect(new ObjectIds(current).open(both.seal(ref), 'file')).toEqual(ref)
  expect(ids.open(both.seal(ref), 'file')).toBeUndefined()
})
