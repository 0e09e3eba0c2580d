// What names of subjects and bodies cost that callers choose.
import { expect, test } from 'vitest'
import { CompiledLimit } from './compiled-limit.ts'
import { SubjectBuckets } from './limit-table.ts'

const spec = { per: 'session', requests: 5, window: '1h' } as const
const bucketsOf = () => new SubjectBuckets(new CompiledLimit('steps', spec, new Uint8Array(32)))

test('names as long as a head can hold do not stay in memory', () => {
  const buckets = bucketsOf()
  const before = process.memoryUsage().heapUsed
  for (let index = 0; index < 5_000; index++) buckets.of(`key_1 ${index}${'x'.repeat(15_000)}`)
  expect((process.memoryUsage().heapUsed - before) / 2 ** 20).toBeLessThan(40)
})

test('a long name has the same bucket again, and another long name another', () => {
  const buckets = bucketsOf()
  const name = 'x'.repeat(15_000)
  expect(buckets.of(name).key).toBe(buckets.of(name).key)
  expect(buckets.of(name).key).not.toBe(buckets.of(`${name}y`).key)
})
