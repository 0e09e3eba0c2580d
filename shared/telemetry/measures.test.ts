import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Measures } from './measures.ts'
import { Sketch } from './sketch.ts'

type Step = { name: string; label: string; value: number }
const steps = fc.array(
  fc.record({
    name: fc.constantFrom('requests', 'ttft'),
    label: fc.constantFrom('a', 'b', 'other'),
    value: fc.integer({ min: 0, max: 1e6 }),
  }),
)

test('in whatever parts it was counted and in whatever order they are merged, the sum is the same', () => {
  fc.assert(
    fc.property(fc.array(steps, { minLength: 1, maxLength: 5 }), (parts) => {
      const whole = formOf(measured(parts.flat()))
      expect(formOf(merged(parts.map(measured)))).toEqual(whole)
      expect(formOf(merged(parts.toReversed().map(measured)))).toEqual(whole)
    }),
  )
})

test('it is the same on the other side of the wire', () => {
  fc.assert(
    fc.property(steps, (list) => {
      const before = measured(list)
      expect(formOf(Measures.decode(before.encode()))).toEqual(formOf(before))
    }),
  )
})

test('what was added between two looks is told, and a count that began anew is noticed', () => {
  fc.assert(
    fc.property(steps, steps, (first, later) => {
      const before = measured(first)
      const after = measured([...first, ...later])
      const added = after.since(before)
      expect(nonZero(added!)).toEqual(nonZero(measured(later)))
      if (nonZero(measured(later)).length > 0) expect(before.since(after)).toBeUndefined()
    }),
  )
})

function measured(list: readonly Step[]): Measures {
  const measures = new Measures()
  for (const { name, label, value } of list) {
    if (name === 'requests') measures.count(name, [label], value)
    else measures.distribution(name, [label], sketchOf(value))
  }
  return measures
}

function sketchOf(value: number): Sketch {
  const sketch = new Sketch()
  sketch.add(value)
  return sketch
}

function merged(parts: readonly Measures[]): Measures {
  const sum = new Measures()
  for (const part of parts) sum.add(part)
  return sum
}

function formOf(measures: Measures): unknown[] {
  const counts = measures.counts('requests').map(({ labels, value }) => [...labels, value])
  const sketches = measures
    .distributions('ttft')
    .map(({ labels, value }) => [...labels, value.count, value.sum, value.quantile(0.5), value.quantile(0.99)])
  return [...counts, ...sketches].map((row) => JSON.stringify(row)).sort()
}

function nonZero(measures: Measures): unknown[] {
  return [
    ...measures
      .counts('requests')
      .flatMap(({ labels, value }) => (value === 0 ? [] : [JSON.stringify([labels, value])])),
    ...measures
      .distributions('ttft')
      .flatMap(({ labels, value }) =>
        value.count === 0 ? [] : [JSON.stringify([labels, value.count, value.quantile(0.5)])],
      ),
  ].sort()
}
