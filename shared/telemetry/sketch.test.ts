import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Sketch } from './sketch.ts'

const values = fc.array(fc.double({ min: 1, max: 6e8, noNaN: true }), { minLength: 1, maxLength: 300 })
const wholeValues = fc.array(fc.integer({ min: 0, max: 6e8 }), { minLength: 1, maxLength: 200 })

test('any quantile is within 1 % of the exact one', () => {
  fc.assert(
    fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (list, part) => {
      const sorted = list.toSorted((a, b) => a - b)
      const exact = sorted[Math.max(1, Math.ceil(part * list.length)) - 1]!
      const estimate = sketchOf(list).quantile(part)!
      expect(Math.abs(estimate - exact) / exact).toBeLessThanOrEqual(0.01)
    }),
  )
})

test('how values are split among sketches and in what order those are merged changes nothing', () => {
  fc.assert(
    fc.property(fc.array(wholeValues, { minLength: 1, maxLength: 5 }), fc.nat(), (parts, turn) => {
      const sketches = parts.map(sketchOf)
      const rotated = [...sketches.slice(turn % parts.length), ...sketches.slice(0, turn % parts.length)]
      const forms = [sketches, rotated, sketches.toReversed()].map((order) => mergeAll(order).encode())
      expect(forms[1]).toEqual(forms[0])
      expect(forms[2]).toEqual(forms[0])
      expect(sketchOf(parts.flat()).encode()).toEqual(forms[0])
    }),
  )
})

test('the sparse form comes back as the same sketch', () => {
  fc.assert(
    fc.property(wholeValues, (list) => {
      const sketch = sketchOf(list)
      const read = Sketch.decode(sketch.encode())!
      expect(read.encode()).toEqual(sketch.encode())
      expect([read.count, read.sum, read.quantile(0.9)]).toEqual([sketch.count, sketch.sum, sketch.quantile(0.9)])
    }),
  )
})

test('the rank of a value is exact but for values within 2 % of it', () => {
  fc.assert(
    fc.property(values, fc.double({ min: 1, max: 6e8, noNaN: true }), (list, value) => {
      const rank = sketchOf(list).rank(value)
      expect(rank).toBeGreaterThanOrEqual(list.filter((item) => item < value / 1.0201).length)
      expect(rank).toBeLessThanOrEqual(list.filter((item) => item <= value * 1.0201).length)
    }),
  )
})

test('zeros, what is too small and what is too large are all counted', () => {
  const sketch = sketchOf([0, -5, Number.NaN, 0.001, 1e30])
  expect(sketch.count).toBe(5)
  expect(sketch.rank(0)).toBe(3)
  expect(sketch.rank(1)).toBe(4)
  expect(sketch.quantile(0.5)).toBe(0)
  expect(sketch.quantile(1)).toBeGreaterThan(6e8)
  expect(new Sketch().quantile(0.5)).toBeUndefined()
})

test('bytes that are no sketch are refused', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => void Sketch.decode(bytes)))
  expect(Sketch.decode(Uint8Array.of(0x91, 1))).toBeUndefined()
})

function sketchOf(list: readonly number[]): Sketch {
  const sketch = new Sketch()
  for (const value of list) sketch.add(value)
  return sketch
}

function mergeAll(sketches: readonly Sketch[]): Sketch {
  const merged = new Sketch()
  for (const sketch of sketches) merged.merge(sketch)
  return merged
}
