import { expect, test } from 'vitest'
import { ownHeap } from './own-heap.ts'

test('garbage is collected when it is asked for, and the function is nobody else’s', () => {
  let held: string[] | undefined = Array.from({ length: 4 }, (_, n) => `${n}`.padEnd(16 << 20, 'x'))
  for (const text of held) Buffer.from(text)
  const full = ownHeap.usedBytes()
  held = undefined
  ownHeap.collect()
  expect(full - ownHeap.usedBytes()).toBeGreaterThan(24 << 20)
  expect('gc' in globalThis).toBe(false)
})
