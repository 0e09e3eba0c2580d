import { expect, test } from 'vitest'
import { BodyScan, scanBody } from './scan.ts'
import { parsedWeight } from './weight.ts'

function weightOf(text: string): { bytes: number; weight: number } {
  const scan = new BodyScan()
  const bytes = Buffer.from(text)
  expect(scanBody(bytes, scan)).toBeUndefined()
  return { bytes: bytes.length, weight: parsedWeight(scan) }
}

const long = 'x'.repeat(2 << 20)

test('one long text weighs three times its bytes', () => {
  const { bytes, weight } = weightOf(`{"messages":"${long}"}`)
  expect(weight / bytes).toBeCloseTo(3, 2)
})

test.each([
  ['a character of two bytes', 'é'],
  ['a character that is escaped', '\\u20ac'],
])('%s doubles what the text around it weighs', (_, character) => {
  const { bytes, weight } = weightOf(`{"messages":"${long}${character}"}`)
  expect(weight / bytes).toBeCloseTo(6, 2)
})

test('a body of many small values weighs many times its bytes', () => {
  const { bytes, weight } = weightOf(`{"messages":[${'{"role":"user","content":"x"},'.repeat(50_000)}{}]}`)
  expect(weight / bytes).toBeGreaterThan(15)
  expect(weightOf(`{"messages":[${'0,'.repeat(50_000)}0]}`).weight).toBeGreaterThan(50 * 100_000)
})
