import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BoundedQueue } from './bounded-queue.ts'

const parcel = (sequence: number, bytes: number) => ({ subject: 's', payload: new Uint8Array(bytes), sequence })

test('the newest messages that fit are kept, in their order, and every other one is counted', () => {
  const sizes = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 100 })
  fc.assert(
    fc.property(sizes, fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 100 }), (bytes, most, room) => {
      const line = new BoundedQueue({ messagesMax: most, bytesMax: room })
      let dropped = 0
      for (const [index, size] of bytes.entries()) {
        dropped += line.add(parcel(index, size))
        expect(line.length).toBeLessThanOrEqual(most)
        expect(line.bytes).toBeLessThanOrEqual(room)
      }
      const left: number[] = []
      for (let next = line.take(); next !== undefined; next = line.take()) left.push(next.sequence)
      expect(left.length + dropped).toBe(bytes.length)
      const fitting = bytes.flatMap((size, index) => (size > room ? [] : [index]))
      expect(left).toEqual(fitting.slice(fitting.length - left.length))
      expect(line.bytes).toBe(0)
    }),
  )
})

test('a line that keeps nothing drops each one', () => {
  const line = new BoundedQueue({ messagesMax: 0, bytesMax: 0 })
  expect(line.add(parcel(1, 0))).toBe(1)
  expect(line.length).toBe(0)
})
