// What is told of peers that cannot be reached, break off or violate the protocol.
import { expect, test } from 'vitest'
import { ObservedExchange } from '../observed-exchange.ts'
import { type ContractRig, chunkedAnswer, chunkedHead } from './test-contract-rig.ts'

export function failuresContract(rig: ContractRig): void {
  test('a refused connection is told as such, with nothing sent', async () => {
    const { exchange, peer } = await rig.answers('')
    await peer.close()
    const observed = await exchange()
    expect(observed.error).toMatchObject({ type: 'connect', sent: false })
    expect(observed.error?.message).toContain('ECONNREFUSED')
  })

  test('a name that does not exist is told as a connection failure', async () => {
    const { peer } = await rig.answers('')
    const upstream = rig.upstream()
    const exchange = new ObservedExchange(upstream, { ...peer.origin, key: 'http://x', hostname: 'nowhere.invalid' })
    await exchange.finished
    expect(exchange.error).toMatchObject({ type: 'connect', sent: false })
  })

  test('a handshake that never ends meets the connect timeout', async () => {
    const { peer } = await rig.answers('')
    const upstream = rig.upstream()
    const origin = { ...peer.origin, protocol: 'https:', key: peer.origin.key.replace('http:', 'https:') } as const
    const exchange = new ObservedExchange(upstream, origin, { connectTimeoutMs: 60 })
    await exchange.finished
    expect(exchange.error).toMatchObject({ type: 'connect-timeout', sent: false })
  })

  test('a reset before any byte of the answer', async () => {
    const { exchange, peer } = await rig.given(({ socket }) => socket.resetAndDestroy())
    const observed = await exchange()
    expect(observed.error).toMatchObject({ type: 'reset', sent: true })
    expect(peer.requests).toHaveLength(1)
    expect(observed.head).toBeUndefined()
    expect(observed.bodySent).toBe(true)
  })

  test('a reset after the head and some of the body', async () => {
    const { exchange } = await rig.given(({ socket }) => {
      socket.write(`${chunkedHead}5\r\nhello\r\n`)
      setTimeout(() => socket.resetAndDestroy(), 20)
    })
    const observed = await exchange()
    expect([observed.head?.status, observed.text]).toEqual([200, 'hello'])
    expect(observed.error).toMatchObject({ type: 'reset', sent: true })
  })

  test.each([
    ['in the head', 'HTTP/1.1 200 OK\r\ncontent-le'],
    ['in a sized body', 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello'],
    ['in a chunk', `${chunkedHead}a\r\nhello`],
    ['between chunks', `${chunkedHead}5\r\nhello\r\n`],
  ])('a connection that ends %s is a reset, never an end', async (_, answer) => {
    const { exchange } = await rig.answersThenCloses(answer)
    expect((await exchange()).error?.type).toBe('reset')
  })

  test.each([
    ['a chunk size that is none', `${chunkedHead}xyz\r\n`],
    ['a chunk longer than its size', `${chunkedHead}3\r\nhello\r\n0\r\n\r\n`],
    ['both a length and chunks', 'HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd'],
    ['another protocol', 'SSH-2.0-OpenSSH_9.9\r\n'],
    ['a header block above 64 KiB', `HTTP/1.1 200 OK\r\n${`x-filler: ${'y'.repeat(1_000)}\r\n`.repeat(70)}\r\n`],
  ])('%s is a protocol error, and the connection is closed', async (_, answer) => {
    const { exchange, peer } = await rig.answers(answer)
    expect((await exchange()).error).toMatchObject({ type: 'protocol', sent: true })
    await expect.poll(() => peer.openCount()).toBe(0)
  })

  test('a path that would end its line is refused and nothing is sent', async () => {
    const { exchange, peer } = await rig.answers(chunkedAnswer)
    const observed = await exchange({ path: '/v1/x HTTP/1.1\r\nx-evil: 1' })
    expect(observed.error).toMatchObject({ type: 'protocol', sent: false })
    const lines = await exchange({ headerLines: 'x-a: \u010aevil: 1\r\n' })
    expect(lines.error).toMatchObject({ type: 'protocol', sent: false })
    expect(peer.requests).toHaveLength(0)
  })
}
