import { describe, expect, test } from 'vitest'
import { recordOf, recordOfBytes } from './answer-record.ts'

const ok = 'HTTP/1.1 200 OK\r\n'
const chunked = `${ok}transfer-encoding: chunked\r\n\r\n`

describe('the end of a body', () => {
  test.each([
    ['a length', `${ok}Content-Length: 5\r\n\r\nhello`],
    ['the same length twice', `${ok}content-length: 5\r\ncontent-length: 5\r\n\r\nhello`],
    ['chunks', `${chunked}5\r\nhello\r\n0\r\n\r\n`],
    ['chunks in another case', `${ok}Transfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`],
    ['chunks with extensions', `${chunked}2;a="b;c";d\r\nhe\r\n3 ; x=y\r\nllo\r\n0;z\r\n\r\n`],
    ['chunks with padded and long sizes', `${chunked}005  \r\nhello\r\n0000\r\n\r\n`],
    ['chunks with trailers', `${chunked}5\r\nhello\r\n0\r\nExpires: never\r\nx-sum: \t1\r\n\r\n`],
    ['no reason', `HTTP/1.1 200\r\ncontent-length: 5\r\n\r\nhello`],
    ['an empty reason', `HTTP/1.1 200 \r\ncontent-length: 5\r\n\r\nhello`],
  ])('is found by %s', (_, answer) => {
    const { parser, ...record } = recordOf(answer)
    expect(parser.failure).toBeUndefined()
    expect(recordOf(answer).summary()).toMatchObject({ status: 200, body: 'hello', ended: true, keepAlive: true })
    expect(record.ended).toBe(true)
  })

  test('is the end of the connection when nothing else says it', () => {
    const record = recordOf(`${ok}\r\nhello`)
    expect(record.ended).toBe(false)
    expect(record.parser.finish()).toBe(true)
    expect(record.summary()).toMatchObject({ body: 'hello', ended: true, keepAlive: false })
  })

  test.each([
    ['nothing', ''],
    ['half a head', ok],
    ['half a body', `${ok}content-length: 6\r\n\r\nhello`],
    ['half a chunk', `${chunked}6\r\nhello`],
    ['no last chunk', `${chunked}5\r\nhello\r\n`],
    ['no empty line after the trailers', `${chunked}5\r\nhello\r\n0\r\n`],
  ])('is missing when the connection ends after %s', (_, answer) => {
    const record = recordOf(answer)
    expect(record.parser.finish()).toBe(false)
    expect(record.ended).toBe(false)
  })

  test.each([
    ['204', 'HTTP/1.1 204 No Content\r\n\r\n', true],
    ['204 that announces a body', 'HTTP/1.1 204 X\r\ncontent-length: 5\r\n\r\n', false],
    ['204 that announces chunks', 'HTTP/1.1 204 X\r\ntransfer-encoding: chunked\r\n\r\n', false],
    ['304 with the length that a 200 would have', 'HTTP/1.1 304 X\r\ncontent-length: 5\r\n\r\n', true],
    ['200 of no length', `${ok}content-length: 0\r\n\r\n`, true],
  ])('is at once for a %s', (_, answer, keepAlive) => {
    expect(recordOf(answer).summary()).toMatchObject({ body: '', ended: true, keepAlive, extraBytes: false })
  })
})

describe('a connection', () => {
  test.each([
    ['closed', `${ok}connection: close\r\ncontent-length: 0\r\n\r\n`, { keepAlive: false }],
    ['closed, among other words', `${ok}Connection: foo, Close\r\ncontent-length: 0\r\n\r\n`, { keepAlive: false }],
    ['closed by an old server', 'HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n', { keepAlive: false }],
    ['kept', `${ok}connection: keep-alive\r\ncontent-length: 0\r\n\r\n`, { keepAlive: true, keepAliveMs: undefined }],
    ['kept for a time', `${ok}Keep-Alive: timeout=5, max=9\r\ncontent-length: 0\r\n\r\n`, { keepAliveMs: 5_000 }],
    ['in doubt', `${ok}content-length: 0\r\n\r\nx`, { extraBytes: true, ended: true }],
    ['in doubt after chunks', `${chunked}0\r\n\r\nx`, { extraBytes: true, ended: true }],
  ])('is %s when the answer says so', (_, answer, expected) => {
    expect(recordOf(answer).summary()).toMatchObject(expected)
  })
})

describe('an answer is refused', () => {
  test.each([
    ['another protocol', 'SSH-2.0-x\r\n'],
    ['HTTP/2', 'HTTP/2 200 OK\r\n'],
    ['HTTP/1.2', 'HTTP/1.2 200 OK\r\n'],
    ['a status of two digits', 'HTTP/1.1 20 OK\r\n'],
    ['a status of four digits', 'HTTP/1.1 2000 OK\r\n'],
    ['a status below 100', 'HTTP/1.1 099 X\r\n\r\n'],
    ['a switch of protocols', 'HTTP/1.1 101 X\r\n\r\n'],
    ['an empty line first', `\r\n${ok}\r\n`],
    ['a bare LF', 'HTTP/1.1 200 OK\n'],
    ['a bare CR', 'HTTP/1.1 200 OK\rx'],
    ['a bare LF after a field', `${ok}a: b\n`],
    ['a folded line', `${ok}a: b\r\n c: d\r\n\r\n`],
    ['a blank before the colon', `${ok}content-length : 5\r\n\r\n`],
    ['a line without a colon', `${ok}abc\r\n\r\n`],
    ['a line without a name', `${ok}: abc\r\n\r\n`],
    ['a NUL in a value', `${ok}a: \0\r\n\r\n`],
    ['a length and chunks', `${ok}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n`],
    ['two lengths', `${ok}content-length: 5\r\nContent-Length: 6\r\n\r\n`],
    ['a list of lengths', `${ok}content-length: 5, 5\r\n\r\n`],
    ['a signed length', `${ok}content-length: +5\r\n\r\n`],
    ['a hexadecimal length', `${ok}content-length: 0x5\r\n\r\n`],
    ['an empty length', `${ok}content-length:\r\n\r\n`],
    ['a length with a no-break space', `${ok}content-length: \xa05\r\n\r\n`],
    ['a length beyond what is exact', `${ok}content-length: 9007199254740993\r\n\r\n`],
    ['an encoding that is not chunked', `${ok}transfer-encoding: gzip\r\n\r\n`],
    ['chunked among others', `${ok}transfer-encoding: gzip, chunked\r\n\r\n`],
    ['chunked twice', `${ok}transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n`],
    ['chunks in HTTP/1.0', 'HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n'],
    ['a chunk size that is none', `${chunked}g\r\n`],
    ['an empty chunk size', `${chunked}\r\n`],
    ['a signed chunk size', `${chunked}+5\r\nhello\r\n`],
    ['a chunk size with a prefix', `${chunked}0x5\r\nhello\r\n`],
    ['a chunk size of thirteen digits', `${chunked}0000000000005\r\n`],
    ['words after a chunk size', `${chunked}5 x\r\n`],
    ['a bare LF after a chunk size', `${chunked}5\nhello\r\n`],
    ['a bare CR after a chunk size', `${chunked}5\rhello\r\n`],
    ['a bare LF in a chunk extension', `${chunked}5;a\nhello\r\n`],
    ['a chunk that is too long', `${chunked}4\r\nhello\r\n`],
    ['a chunk that ends in a bare LF', `${chunked}5\r\nhello\n0\r\n\r\n`],
    ['an endless chunk extension', `${chunked}5;${'x'.repeat(5_000)}`],
    ['endless padding of a chunk size', `${chunked}5${' '.repeat(5_000)}`],
    ['a malformed trailer', `${chunked}0\r\n a: b\r\n\r\n`],
    ['trailers of 64 KiB', `${chunked}0\r\n${'a: b\r\n'.repeat(11_000)}\r\n`],
    ['a head of 64 KiB', `${ok}${'a: b\r\n'.repeat(11_000)}\r\n`],
    ['a head of one endless line', `${ok}a: ${'b'.repeat(70_000)}`],
    ['seventeen interim answers', 'HTTP/1.1 102 X\r\n\r\n'.repeat(17)],
  ])('with %s', (_, answer) => {
    const record = recordOf(answer)
    expect(record.parser.failure).toBeTypeOf('string')
    expect(record.ended).toBe(false)
    // Byte by byte it is refused for the same reason.
    const slices = recordOfBytes(answer)
    expect(slices.summary()).toEqual(record.summary())
  })
})

test('the bytes before a fault in the chunks are handed on', () => {
  const record = recordOf(`${chunked}5\r\nhello\r\nx`)
  expect(record.summary()).toMatchObject({ body: 'hello', ended: false, failure: 'a bad chunk size' })
})

test('a burst of small chunks is one call, and large chunks are not moved', () => {
  const burst = recordOf(`${chunked}${'5\r\nhello\r\n'.repeat(100)}0\r\n\r\n`)
  expect([burst.body, burst.chunkCount, burst.ended]).toEqual(['hello'.repeat(100), 1, true])
  const large = 'x'.repeat(5_000)
  const record = recordOf(`${chunked}${`1388\r\n${large}\r\n`.repeat(3)}2\r\nhi\r\n0\r\n\r\n`)
  expect([record.body, record.chunkCount]).toEqual([`${large.repeat(3)}hi`, 3])
})

test('a field is found by its lower-cased name, and its value is without the blanks around it', () => {
  const [head] = recordOf(
    `${ok}Retry-After: \t 7 \t\r\nX-É: a\r\n`.replace('X-É', 'X-E') + 'Empty:\r\ncontent-length: 0\r\n\r\n',
  ).heads
  expect([head?.header('retry-after'), head?.header('x-e'), head?.header('empty')]).toEqual(['7', 'a', ''])
  expect(head?.header('after')).toBeUndefined()
})

test('a sink that stops the parser hears nothing more', () => {
  const heard: string[] = []
  const record = recordOf('')
  record.parser.reset({
    onHead: () => heard.push('head'),
    onData: () => {
      heard.push('data')
      record.parser.stop()
    },
    onEnd: () => heard.push('end'),
  })
  const answer = Buffer.from(`${chunked}5\r\nhello\r\n0\r\n\r\n`)
  record.parser.push(answer, answer.length)
  expect(record.parser.finish()).toBe(true)
  expect(heard).toEqual(['head', 'data'])
})

test('after reset() the next answer is read as the first was', () => {
  const record = recordOf(`${ok}connection: close\r\ncontent-length: 2\r\nkeep-alive: timeout=3\r\n\r\nok!`)
  const next = recordOf('')
  record.parser.reset(next)
  const answer = Buffer.from(`${chunked}5\r\nhello\r\n0\r\n\r\n`)
  record.parser.push(answer, answer.length)
  expect([next.body, next.ended]).toEqual(['hello', true])
  const { keepAlive, keepAliveMs, extraBytes } = record.parser
  expect({ keepAlive, keepAliveMs, extraBytes }).toEqual({ keepAlive: true, keepAliveMs: undefined, extraBytes: false })
})
