import { setImmediate as turn } from 'node:timers/promises'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import type { UpstreamCall } from '../upstream/upstream.ts'
import { type BodySink, EncodedBody } from './encoded-body.ts'

class RememberingSink implements BodySink {
  text = ''
  ends = 0
  broken = 0
  readonly over = Promise.withResolvers<void>()

  onBody(bytes: Buffer): void {
    this.text += bytes.toString()
  }

  onBodyEnd(): void {
    this.ends++
    this.over.resolve()
  }

  onUndecodable(): void {
    this.broken++
    this.over.resolve()
  }
}

class RememberingCall implements UpstreamCall {
  readonly sent = true
  readonly did: string[] = []
  readonly resumed = Promise.withResolvers<void>()

  pause(): void {
    this.did.push('pause')
  }

  resume(): void {
    this.did.push('resume')
    this.resumed.resolve()
  }

  abort(): void {
    this.did.push('abort')
  }
}

function opened(encoding?: string) {
  const [sink, call] = [new RememberingSink(), new RememberingCall()]
  const body = new EncodedBody(sink)
  body.from(call)
  return { sink, call, body, isReadable: body.open(encoding) }
}

test('bytes that are not encoded go on as they come, at once', () => {
  for (const encoding of [undefined, '', 'identity']) {
    const { sink, body, isReadable } = opened(encoding)
    body.push(Buffer.from('one '))
    body.push(Buffer.from('two'))
    body.end()
    expect([isReadable, sink.text, sink.ends]).toEqual([true, 'one two', 1])
  }
})

test('encoded ones go on decoded, and the end comes behind them', async () => {
  const text = 'hello '.repeat(1_000)
  for (const [encoding, bytes] of [
    ['gzip', gzipSync(text)],
    ['zstd', zstdCompressSync(text)],
  ] as const) {
    const { sink, body } = opened(encoding)
    body.push(bytes.subarray(0, 10))
    body.push(bytes.subarray(10))
    body.end()
    expect(sink.ends).toBe(0)
    await sink.over.promise
    expect([sink.text, sink.ends, sink.broken]).toEqual([text, 1, 0])
  }
})

test('an encoding that nobody here can read is told before any byte of it', () => {
  expect(opened('compress').isReadable).toBe(false)
})

test('bytes that are not what their head says are told once, and so are those that end in the middle', async () => {
  const lying = opened('gzip')
  lying.body.push(Buffer.from('no gzip at all'))
  await lying.sink.over.promise
  const cut = opened('gzip')
  cut.body.push(gzipSync('hello').subarray(0, 12))
  cut.body.end()
  await cut.sink.over.promise
  await turn()
  expect([lying.sink.broken, lying.sink.ends, cut.sink.broken, cut.sink.ends]).toEqual([1, 0, 1, 0])
})

test('whoever reads slowly stops the upstream, and starts it again', () => {
  const { call, body } = opened()
  body.pause()
  body.resume()
  body.abort()
  expect(call.did).toEqual(['pause', 'resume', 'abort'])
})

test('a decoder that is full stops the upstream until it has room', async () => {
  const { call, body } = opened('gzip')
  body.push(gzipSync(Buffer.alloc(64 << 10), { level: 0 }))
  expect(call.did).toEqual(['pause'])
  await call.resumed.promise
  expect(call.did).toEqual(['pause', 'resume'])
  body.close()
})

test('nothing comes from a body that was closed', async () => {
  const { sink, body, call } = opened('gzip')
  body.push(gzipSync('hello'))
  body.close()
  await turn()
  await turn()
  body.abort()
  expect([sink.text, sink.ends, sink.broken, call.did]).toEqual(['', 0, 0, []])
})
