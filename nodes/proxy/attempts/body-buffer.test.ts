import { expect, test } from 'vitest'
import { BodyBuffer } from './body-buffer.ts'

test('what was pushed comes out in one piece, in order', () => {
  const buffer = new BodyBuffer()
  for (const text of ['one ', 'two ', 'three']) buffer.push(Buffer.from(text))
  expect([buffer.length, buffer.whole().toString()]).toEqual([13, 'one two three'])
  buffer.push(Buffer.from('!'))
  expect([buffer.length, buffer.whole().toString()]).toEqual([14, 'one two three!'])
})

test('the bytes are its own: an upstream uses its buffer again', () => {
  const buffer = new BodyBuffer()
  const bytes = Buffer.from('mine')
  buffer.push(bytes)
  bytes.fill(0)
  expect(buffer.whole().toString()).toBe('mine')
})

test('an empty one holds nothing, and one that is cleared is empty', () => {
  const buffer = new BodyBuffer()
  expect([buffer.length, buffer.whole().length]).toEqual([0, 0])
  buffer.push(Buffer.from('x'))
  buffer.clear()
  expect([buffer.length, buffer.whole().length]).toEqual([0, 0])
})
