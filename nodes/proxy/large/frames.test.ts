// Frames come out as they went in, wherever the bytes are cut.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Frame, FrameReader, frameStart } from './frames.ts'

const bytes = fc.uint8Array({ maxLength: 40 })
const frame = fc.record({
  head: fc.object({ maxDepth: 1 }),
  bodies: fc.array(fc.array(bytes, { maxLength: 3 }), { maxLength: 3 }),
})

function bytesOf({ head, bodies }: { head: unknown; bodies: Uint8Array[][] }): Buffer {
  return Buffer.concat([frameStart(head, bodies), ...bodies.flat()])
}

function plain({ head, bodies }: Frame) {
  return { head, bodies: bodies.map((body) => body.toString('hex')) }
}

test('frames are read in any pieces', () => {
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 4 }), fc.integer({ min: 1, max: 50 }), (sent, size) => {
      const whole = Buffer.concat(sent.map(bytesOf))
      const read: Frame[] = []
      const reader = new FrameReader((one) => read.push(one))
      for (let at = 0; at < whole.length; at += size) reader.push(whole.subarray(at, at + size))
      expect(read.map(plain)).toEqual(
        sent.map(({ head, bodies }) => ({
          head,
          bodies: bodies.map((pieces) => Buffer.concat(pieces).toString('hex')),
        })),
      )
    }),
  )
})

test('sets and maps in a head arrive as what they are', () => {
  const read: Frame[] = []
  const head = { names: new Map([['a', 'b']]), lacks: new Set(['images']), none: undefined }
  new FrameReader((one) => read.push(one)).push(frameStart(head, []))
  expect(read).toEqual([{ head, bodies: [] }])
})
