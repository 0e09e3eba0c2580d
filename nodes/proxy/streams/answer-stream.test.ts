import { expect, test } from 'vitest'
import type { Reply } from '../http/http.ts'
import { KeepAlive, keepAliveMs, PassThroughStream } from './answer-stream.ts'

function written() {
  const pieces: string[] = []
  const reply = { write: (bytes: Buffer | string) => void pieces.push(String(bytes)) } as unknown as Reply
  const events = { onFirstByte() {}, onFull() {}, onErrorEvent() {}, onDone() {} }
  return { pieces, options: { showUsage: true, reply, nowMs: 0, events } }
}

test('silence is filled with a comment now and then, counted from the last event or comment (wire 8)', () => {
  const { pieces, options } = written()
  const keepAlive = new KeepAlive(options)
  keepAlive.beat(keepAliveMs - 1, 0)
  expect(pieces).toEqual([])
  keepAlive.beat(keepAliveMs, 0)
  keepAlive.beat(2 * keepAliveMs - 1, 0)
  keepAlive.beat(2 * keepAliveMs + 5, keepAliveMs + 10)
  expect(pieces).toEqual([': keep-alive\n\n'])
  keepAlive.beat(2 * keepAliveMs + 10, keepAliveMs + 10)
  expect(pieces).toHaveLength(2)
})

test('nothing is sent before the first event: that would settle the status (wire 8)', () => {
  const { pieces, options } = written()
  const stream = new PassThroughStream('chat', options)
  stream.keepAlive(10 * keepAliveMs)
  expect(pieces).toEqual([])
  const event = 'data: {"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}]}\n\n'
  stream.push(Buffer.from(event), 10 * keepAliveMs)
  stream.keepAlive(11 * keepAliveMs)
  expect(pieces).toEqual([event, ': keep-alive\n\n'])
})
