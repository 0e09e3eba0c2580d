import fc from 'fast-check'
import { expect, test } from 'vitest'
import { atOnce, joined, type Slices, searched } from './slices.ts'

function sliced<Value>(slices: Slices<Value>): { value: Value; slices: number } {
  for (let count = 1; ; count++) {
    const step = slices.next()
    if (step.done === true) return { value: step.value, slices: count }
  }
}

test('pieces of any number and length are joined to what they are together', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 30 }), (pieces) => {
      expect(atOnce(joined(pieces)).equals(Buffer.concat(pieces))).toBe(true)
    }),
  )
})

test('what is long, or has many pieces, is joined in several slices', () => {
  const long = Buffer.alloc(20 << 20, 'abc')
  const { value, slices } = sliced(joined([long, long.subarray(0, 3)]))
  expect(value.equals(Buffer.concat([long, long.subarray(0, 3)]))).toBe(true)
  expect(slices).toBeGreaterThanOrEqual(5)
  const many = Array.from({ length: 50_000 }, () => Buffer.from('x'))
  expect(sliced(joined(many)).slices).toBeGreaterThanOrEqual(5)
})

const mark = Buffer.from('mark')
const length = (3 << 20) + 17

test.each([0, 1, (1 << 20) - 2, (1 << 20) - 1, 1 << 20, (2 << 20) - 3, length - 4])(
  'a text at %i is found, wherever a slice ends',
  (at) => {
    const bytes = Buffer.alloc(length)
    mark.copy(bytes, at)
    expect(atOnce(searched(bytes, mark))).toBe(at)
    expect(atOnce(searched(bytes, mark, at))).toBe(at)
    expect(atOnce(searched(bytes, mark, at + 1))).toBe(-1)
    expect(atOnce(searched(bytes, mark, 0, at + 3))).toBe(-1)
  },
)

test('a search of a million bytes is a slice', () => {
  expect(sliced(searched(Buffer.alloc(length), mark))).toEqual({ value: -1, slices: 5 })
})
