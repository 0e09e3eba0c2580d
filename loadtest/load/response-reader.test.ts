import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ResponseReader } from './response-reader.ts'

const sized = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'
const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n'
const empty = 'HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n'
const closing = 'HTTP/1.1 500 Oops\r\nconnection: close\r\ncontent-length: 2\r\n\r\nno'
const untilClose = 'HTTP/1.0 200 OK\r\n\r\nthe rest'

function readAll(wire: string, cuts: readonly number[]): string[] {
  const seen: string[] = []
  let body = ''
  let status = 0
  const reader = new ResponseReader({
    onHead: (value) => {
      status = value
    },
    onBody: (data) => {
      body += data.toString('latin1')
    },
    onEnd: (reusable) => {
      seen.push(`${status} ${body} ${reusable}`)
      body = ''
    },
  })
  let from = 0
  for (const cut of [...cuts, wire.length].toSorted((a, b) => a - b)) {
    reader.push(Buffer.from(wire.slice(from, cut), 'latin1'))
    from = cut
  }
  reader.close()
  return seen
}

test('answers read the same however the bytes are cut', () => {
  const wire = `${sized}HTTP/1.1 100 Continue\r\n\r\n${chunked}${empty}${closing}${untilClose}`
  const expected = ['200 hello true', '200 abc0123456789 true', '204  true', '500 no false', '200 the rest false']
  fc.assert(
    fc.property(fc.array(fc.nat({ max: wire.length })), (cuts) => {
      expect(readAll(wire, cuts)).toEqual(expected)
    }),
  )
})

test('a close in the middle of an answer is told from its end', () => {
  const reader = new ResponseReader({ onHead: () => {}, onBody: () => {}, onEnd: () => {} })
  reader.push(Buffer.from(sized.slice(0, -1)))
  expect([reader.midway, reader.close()]).toEqual([true, false])
})
