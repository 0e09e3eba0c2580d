// How answers of every framing arrive.
import { expect, test } from 'vitest'
import { sendSlices } from '../scripted-peer.ts'
import { type ContractRig, chunkedAnswer } from './test-contract-rig.ts'

export function answersContract(rig: ContractRig): void {
  test('a sized answer arrives with its head and its bytes', async () => {
    const { exchange, peer } = await rig.answers(
      'HTTP/1.1 429 Too Many\r\nContent-Length: 5\r\nRetry-After:\t7 \r\nX-A: 1\r\nX-A: 2\r\nSet-Cookie: a=b\r\n\r\nhello',
    )
    const observed = await exchange()
    expect(observed.head?.status).toBe(429)
    expect(observed.head?.header('retry-after')).toBe('7')
    expect(observed.head?.header('x-a')).toBe('1')
    expect(observed.head?.header('set-cookie')).toBeUndefined()
    expect(observed.head?.header('absent')).toBeUndefined()
    expect(observed.text).toBe('hello')
    expect(observed.bodySent).toBe(true)
    const [request] = peer.requests
    expect(request?.head).toMatch(/^POST \/v1\/chat\/completions HTTP\/1\.1\r\n/)
    expect(request?.head).toMatch(/^authorization: Bearer secret$/m)
    expect(request?.head).toMatch(new RegExp(`^host: ${peer.origin.host}$`, 'm'))
    expect(request?.head).toMatch(/^content-length: 13$/m)
    expect(request?.body.toString()).toBe('{"model":"m"}')
  })

  test('a GET has no body and says no length', async () => {
    const { exchange, peer } = await rig.answers('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
    expect((await exchange({ method: 'GET', path: '/v1/models?a=b', body: [] })).text).toBe('ok')
    expect(peer.requests[0]?.head).toMatch(/^GET \/v1\/models\?a=b HTTP\/1\.1\r\n/)
    expect(peer.requests[0]?.head).not.toMatch(/content-length|transfer-encoding/i)
  })

  test('a chunked answer arrives without its framing', async () => {
    const { exchange } = await rig.answers(chunkedAnswer)
    expect((await exchange()).text).toBe('hello, you!')
  })

  test('an answer that ends with its connection is complete', async () => {
    const { exchange } = await rig.answersThenCloses('HTTP/1.1 200 OK\r\n\r\nuntil the end')
    expect((await exchange()).text).toBe('until the end')
  })

  test('interim answers are not shown', async () => {
    const { exchange } = await rig.answers(
      'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 102 P\r\n\r\nHTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n',
    )
    const observed = await exchange()
    expect(observed.head?.status).toBe(201)
    expect(observed.text).toBe('')
  })

  test.each([204, 304])('a %d has no body, whatever follows on the connection', async (status) => {
    const { exchange, peer } = await rig.answers(`HTTP/1.1 ${status} X\r\n\r\n`)
    expect((await exchange()).head?.status).toBe(status)
    expect((await exchange()).head?.status).toBe(status)
    expect(peer.requests).toHaveLength(2)
  })

  test('a redirect is an answer like any other and is not followed', async () => {
    const { exchange, peer } = await rig.answers(
      'HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n',
    )
    const observed = await exchange()
    expect([observed.head?.status, observed.head?.header('location')]).toEqual([302, 'http://169.254.169.254/'])
    expect(peer.requests).toHaveLength(1)
  })

  test('an answer in slices of one byte is the same answer', async () => {
    const { exchange } = await rig.given(({ socket }) => sendSlices(socket, Buffer.from(chunkedAnswer), 1))
    const observed = await exchange()
    expect([observed.head?.header('content-type'), observed.text]).toEqual(['text/event-stream', 'hello, you!'])
  })

  test('an answer cut in two at any byte is the same answer', async () => {
    let cut = 0
    const { exchange } = await rig.given(({ socket }) => {
      socket.write(chunkedAnswer.slice(0, cut))
      setImmediate(() => socket.write(chunkedAnswer.slice(cut)))
    })
    for (cut = 1; cut < chunkedAnswer.length; cut++) expect((await exchange()).text).toBe('hello, you!')
  })
}
