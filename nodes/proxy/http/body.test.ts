import { expect, test } from 'vitest'
import { BodyReader, PooledBody } from './body.ts'
import { SharedBudget } from './shared-budget.ts'
import { SlabPool } from './slabs.ts'

const bodyBytesMax = 64 << 20
const owner = { keyId: 'k1', team: 'a' }
const poolOf = (bytesMax: number) => new SlabPool(new SharedBudget(bytesMax))
const chunk = (bytes: number) => new Uint8Array(bytes).fill(120).buffer

test.each([64 << 20, 1 << 20, 1_000, undefined])(
  'a body of %s bytes that does not come takes no memory',
  (declared) => {
    const pool = poolOf(1 << 30)
    const reader = new BodyReader(pool, declared, bodyBytesMax)
    expect(pool.budget.bytes).toBe(0)
    reader.add(chunk(100))
    expect(pool.budget.bytes).toBe(4 << 10)
    reader.drop()
    expect(pool.budget.bytes).toBe(0)
  },
)

test('an empty body of an unknown length is none', () => {
  const pool = poolOf(1 << 30)
  const reader = new BodyReader(pool, undefined, bodyBytesMax)
  expect(reader.add(chunk(0))).toBe('read')
  expect(reader.finish().bytes.length).toBe(0)
})

test('bodies of one key that are a little smaller than large ones take its part of the memory and no more', () => {
  const pool = poolOf(64 << 20)
  const readers = Array.from({ length: 60 }, () => new BodyReader(pool, 1 << 20, bodyBytesMax))
  for (const reader of readers) reader.belongsTo(owner)
  expect(readers.filter((reader) => reader.add(chunk(900 << 10)) === 'read')).toHaveLength(16)
  const other = new BodyReader(pool, 1 << 20, bodyBytesMax)
  other.belongsTo({ keyId: 'k2', team: 'b' })
  expect(other.add(chunk(900 << 10))).toBe('read')
})

test.each([undefined, 5 << 20])(
  'a body that grows is whole, and gives back all that it took (announced: %s)',
  (declared) => {
    const pool = poolOf(1 << 30)
    const reader = new BodyReader(pool, declared, bodyBytesMax)
    reader.belongsTo(owner)
    for (let i = 0; i < 10; i++) expect(reader.add(chunk(512 << 10))).toBe('read')
    const body = reader.finish()
    expect(body.bytes.length).toBe(5 << 20)
    expect(body.bytes.every((byte) => byte === 120)).toBe(true)
    body.release()
    expect(pool.budget.bytes).toBe(0)
  },
)

test('a body beyond its owner’s part of the memory is refused as it comes, and others’ bodies are not', () => {
  const pool = poolOf(32 << 20)
  const readers = Array.from({ length: 4 }, () => new BodyReader(pool, 8 << 20, bodyBytesMax))
  for (const reader of readers) reader.belongsTo(owner)
  const read = readers.map((reader) => reader.add(chunk(6 << 20)))
  expect(read).toEqual(['read', 'overloaded', 'overloaded', 'overloaded'])
  const other = new BodyReader(pool, 8 << 20, bodyBytesMax)
  other.belongsTo({ keyId: 'k2', team: 'b' })
  expect(other.add(chunk(6 << 20))).toBe('read')
})

test('a large body is charged for what has come of it, in whole MiB, and all of that goes back', () => {
  const pool = poolOf(1 << 30)
  const reader = new BodyReader(pool, 40 << 20, bodyBytesMax)
  reader.belongsTo(owner)
  expect(reader.add(chunk((2 << 20) + 1))).toBe('read')
  expect(pool.budget.bytes).toBe(3 << 20)
  expect(reader.add(chunk(1 << 20))).toBe('read')
  expect(pool.budget.bytes).toBe(4 << 20)
  reader.drop()
  expect(pool.budget.bytes).toBe(0)
})

test('a body that its handler may still read is charged no longer, and keeps its bytes', () => {
  const pool = poolOf(1 << 30)
  const reader = new BodyReader(pool, 5 << 20, bodyBytesMax)
  for (let i = 0; i < 5; i++) reader.add(chunk(1 << 20))
  const body = reader.finish()
  if (body instanceof PooledBody) body.abandon()
  pool.trim()
  expect([pool.budget.bytes, body.bytes.length]).toEqual([0, 5 << 20])
})

test('a chunked body may be large before its owner is known', () => {
  const pool = poolOf(1 << 30)
  const reader = new BodyReader(pool, undefined, bodyBytesMax)
  expect(reader.add(chunk(2 << 20))).toBe('read')
  reader.belongsTo(owner)
  expect(reader.add(chunk(4 << 20))).toBe('read')
  reader.finish().release()
  expect(pool.budget.bytes).toBe(0)
})

test('what still comes of a body that was dropped takes nothing, and is not refused once more', () => {
  const pool = poolOf(32 << 20)
  const reader = new BodyReader(pool, 16 << 20, bodyBytesMax)
  reader.belongsTo(owner)
  while (reader.add(chunk(512 << 10)) === 'read');
  reader.drop()
  expect(reader.add(chunk(512 << 10))).toBe('over')
  reader.drop()
  expect(pool.budget.bytes).toBe(0)
})
