import { expect, test } from 'vitest'
import { Exchange } from './exchange.ts'
import { AnswerHead } from './parser/answer-head.ts'
import type { UpstreamHandler, UpstreamRequest } from './upstream.ts'

const origin = { key: 'http://a:80', protocol: 'http:', hostname: 'a', port: 80, host: 'a' } as const
const request: UpstreamRequest = {
  origin,
  method: 'POST',
  path: '/',
  headerLines: '',
  body: [new TextEncoder().encode('{"é":1}')],
  connectTimeoutMs: 1,
}

function heardBy(onBodySent: () => void): { heard: string[]; handler: UpstreamHandler } {
  const heard: string[] = []
  const handler: UpstreamHandler = {
    onBodySent() {
      heard.push('body-sent')
      onBodySent()
    },
    onHead: () => heard.push('head'),
    onData: () => heard.push('data'),
    onEnd: () => heard.push('end'),
    onError: ({ type }) => heard.push(type),
  }
  return { heard, handler }
}

test('a small request is one latin1 string whose characters are the bytes', () => {
  const { handler } = heardBy(() => {})
  const { outgoing } = new Exchange(request, handler)
  expect(outgoing?.pieces).toBeUndefined()
  expect(outgoing?.text).toBe('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 8\r\n\r\n{"Ã©":1}')
})

test('a request without a body is one string however long its head is', () => {
  const { handler } = heardBy(() => {})
  const headerLines = `x-long: ${'y'.repeat(20_000)}\r\n`
  expect(new Exchange({ ...request, headerLines, body: [] }, handler).outgoing?.pieces).toBeUndefined()
})

test('an open stream does not hold on to its request, and is not sent again', () => {
  const { handler } = heardBy(() => {})
  const exchange = new Exchange(request, handler)
  expect(exchange.replayable).toBe(true)
  exchange.onHead(new AnswerHead(200, 'HTTP/1.1 200 OK\r\n\r\n'))
  expect([exchange.outgoing, exchange.replayable]).toEqual([undefined, false])
})

test('a large request whose buffers were given back is not sent again', () => {
  const { handler } = heardBy(() => {})
  const exchange = new Exchange({ ...request, body: [Buffer.alloc(100_000)] }, handler)
  expect(exchange.replayable).toBe(true)
  exchange.bodyReleased()
  expect(exchange.replayable).toBe(false)
})

test.each([
  ['an end', (exchange: Exchange) => exchange.onEnd()],
  ['an error', (exchange: Exchange) => exchange.fail({ type: 'reset', message: '' })],
])('a caller who aborts when its buffers come back does not hear of %s', (_, finish) => {
  let exchange: Exchange | undefined
  const { heard, handler } = heardBy(() => exchange?.abort())
  exchange = new Exchange(request, handler)
  finish(exchange)
  finish(exchange)
  expect(heard).toEqual(['body-sent'])
})

test('after abort() no callback comes, not even for the buffers', () => {
  const { heard, handler } = heardBy(() => {})
  const exchange = new Exchange(request, handler)
  exchange.abort()
  exchange.bodyReleased()
  exchange.fail({ type: 'reset', message: '' })
  expect(heard).toEqual([])
})
