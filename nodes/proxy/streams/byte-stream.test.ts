import { expect, test } from 'vitest'
import { ByteStream } from './byte-stream.ts'
import { TestSink } from './test-sink.ts'

function opened() {
  const sink = new TestSink()
  return { sink, stream: new ByteStream('audio/mpeg', { showUsage: false, nowMs: 100, sink }) }
}

test('bytes go on as they come, and the end has nothing of its own', () => {
  const { sink, stream } = opened()
  expect([stream.push(Buffer.from('ab'), 110), stream.push(Buffer.from('c'), 120), stream.end()]).toEqual([
    'ok',
    'ok',
    'whole',
  ])
  expect(sink.puts).toEqual(['first', { bytes: 'ab' }, { bytes: 'c' }, { last: '' }])
})

test('an answer without a byte begins when it ends', () => {
  const { sink, stream } = opened()
  expect(stream.push(Buffer.alloc(0), 110)).toBe('ok')
  expect([stream.forwarded, stream.lastEventMs]).toEqual([false, 100])
  stream.end()
  expect(sink.puts).toEqual(['first', { last: '' }])
})

test('the first bytes are its only token, so that the time to them is known', () => {
  const { stream } = opened()
  expect(stream.timing.tokens).toBe(0)
  stream.push(Buffer.from('ab'), 110)
  stream.push(Buffer.from('c'), 120)
  expect(stream.timing).toEqual({ tokens: 1, firstTokenMs: 110, lastTokenMs: 110 })
  expect([stream.forwarded, stream.lastEventMs]).toEqual([true, 120])
})

test('nobody knows its tokens, and it has no room for signs of life and errors', () => {
  const { stream } = opened()
  expect(stream.tokens()).toEqual({ tokens: { input: 0, output: 0, cached: 0 }, estimated: false })
  expect(stream).toMatchObject({ contentType: 'audio/mpeg', opaque: true, finished: false })
  expect([stream.keepAlive, stream.failure(), stream.errorMessage]).toEqual([undefined, undefined, undefined])
})
