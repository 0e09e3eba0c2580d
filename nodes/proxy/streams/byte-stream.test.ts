import { expect, test } from 'vitest'
import { ByteStream } from './byte-stream.ts'

test('bytes pass through, and the first of them is recorded', () => {
  const { stream, calls } = open()
  expect(stream.push(Buffer.alloc(0), 5)).toBe('ok')
  expect(stream.forwarded).toBe(false)
  stream.push(Buffer.from('ab'), 10)
  stream.push(Buffer.from('c'), 20)
  expect(calls).toEqual(['first byte', 'ab', 'c'])
  expect(stream.timing).toEqual({ tokens: 1, firstTokenMs: 10, lastTokenMs: 10 })
  expect(stream.lastEventMs).toBe(20)
})

test('an answer without a byte begins and ends', () => {
  const { stream, calls } = open()
  expect(stream.end()).toBe('whole')
  expect(calls).toEqual(['first byte', 'done '])
})

test('it has no error event and no tokens', () => {
  const { stream } = open()
  expect(stream.opaque).toBe(true)
  expect(stream.failure()).toBeUndefined()
  expect(stream.tokens()).toEqual({ tokens: { input: 0, output: 0, cached: 0 }, estimated: false })
})

function open() {
  const calls: string[] = []
  const sink = {
    onFirstByte: () => calls.push('first byte'),
    onBytes: (bytes: Buffer | string) => calls.push(bytes.toString()),
    onDone: (last: Buffer | string) => calls.push(`done ${last}`),
    onErrorEvent: () => calls.push('error'),
  }
  return { stream: new ByteStream('audio/mpeg', { showUsage: false, nowMs: 0, sink }), calls }
}
