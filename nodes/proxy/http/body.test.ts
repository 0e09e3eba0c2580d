import { expect, test } from 'vitest'
import { BodyReader } from './body.ts'
import { SlabPool } from './slabs.ts'

const bodyBytesMax = 64 << 20
const owner = { keyId: 'k1', team: 'a' }
const chunk = (bytes: number) => new Uint8Array(bytes).fill(120).buffer

test('bodies that are announced and do not come take no more than a MiB each', () => {
  const pool = new SlabPool(1 << 30)
  const readers = Array.from({ length: 100 }, () => new BodyReader(pool, 64 << 20, bodyBytesMax))
  expect(readers.every(({ hasRoom }) => hasRoom)).toBe(true)
  expect(pool.bytesInFlight).toBe(100 << 20)
  for (const reader of readers) reader.drop()
  expect(pool.bytesInFlight).toBe(0)
})

test.each([undefined, 5 << 20])(
  'a body that grows is whole, and gives back all that it took (announced: %s)',
  (declared) => {
    const pool = new SlabPool(1 << 30)
    const reader = new BodyReader(pool, declared, bodyBytesMax)
    reader.belongsTo(owner)
    for (let i = 0; i < 10; i++) expect(reader.add(chunk(512 << 10))).toBe('read')
    const body = reader.finish()
    expect(body.bytes.length).toBe(5 << 20)
    expect(body.bytes.every((byte) => byte === 120)).toBe(true)
    body.release()
    expect(pool.bytesInFlight).toBe(0)
    expect(pool.take(8 << 20, owner)).toBeDefined()
  },
)

test('a body beyond its owner’s part of the memory is refused as it comes, and others’ bodies are not', () => {
  const pool = new SlabPool(32 << 20)
  const readers = Array.from({ length: 4 }, () => new BodyReader(pool, 8 << 20, bodyBytesMax))
  for (const reader of readers) reader.belongsTo(owner)
  const read = readers.map((reader) => reader.add(chunk(6 << 20)))
  expect(read).toEqual(['read', 'overloaded', 'overloaded', 'overloaded'])
  const other = new BodyReader(pool, 8 << 20, bodyBytesMax)
  other.belongsTo({ keyId: 'k2', team: 'b' })
  expect(other.add(chunk(6 << 20))).toBe('read')
})

test('a chunked body may be large before its owner is known', () => {
  const pool = new SlabPool(1 << 30)
  const reader = new BodyReader(pool, undefined, bodyBytesMax)
  expect(reader.add(chunk(2 << 20))).toBe('read')
  reader.belongsTo(owner)
  expect(reader.add(chunk(4 << 20))).toBe('read')
  reader.finish().release()
  expect(pool.bytesInFlight).toBe(0)
})
