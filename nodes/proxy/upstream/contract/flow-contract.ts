// How bodies flow: buffers, early answers, pauses and aborts.
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { type ContractRig, chunkedAnswer, chunkedHead } from './test-contract-rig.ts'

export function flowContract(rig: ContractRig): void {
  test('a body in pieces arrives byte for byte, and its buffers may be reused once it is sent', async () => {
    const { start, peer } = await rig.answers(chunkedAnswer)
    const pieces = [1, 500_000, 0, 700_001].map((size, i) => Buffer.alloc(size, i + 1))
    const expected = Buffer.concat(pieces)
    for (let round = 0; round < 3; round++) {
      const body = pieces.map((piece) => Buffer.from(piece))
      const observed = start({ body })
      await expect.poll(() => observed.bodySent, { interval: 1 }).toBe(true)
      for (const piece of body) piece.fill(0)
      await observed.finished
      await turn()
      expect(observed.text).toBe('hello, you!')
      expect(peer.requests[round]?.body.equals(expected)).toBe(true)
    }
    expect(peer.connections).toHaveLength(1)
  })

  test("a body's buffers come back when it is sent, not when it is answered", async () => {
    const { start, peer } = await rig.given(() => {})
    const observed = start({ body: [Buffer.alloc(1_000_000), Buffer.alloc(1)] })
    await expect.poll(() => [observed.bodySent, peer.requests.length]).toEqual([true, 1])
    expect(observed.over).toBe(false)
    observed.abort()
  })

  test('an answer that comes before the request is written reaches the caller, and the connection is closed', async () => {
    const { peer, start, exchange } = await rig.given(({ socket }) => socket.write(chunkedAnswer))
    await exchange()
    // Answers at the first byte and reads no more.
    const [socket] = peer.connections
    socket?.removeAllListeners('data')
    socket?.once('data', () => {
      socket.pause()
      socket.write('HTTP/1.1 413 Too Large\r\ncontent-length: 3\r\n\r\nbig')
    })
    const early = start({ body: [Buffer.alloc(16 << 20)] })
    await early.finished
    expect([early.head?.status, early.text, early.bodySent]).toEqual([413, 'big', true])
    expect((await exchange()).text).toBe('hello, you!')
    expect(peer.connections).toHaveLength(2)
  })

  test('a paused exchange leaves the bytes at the peer, and none is lost when it resumes', async () => {
    const total = 24 << 20
    const { start, peer } = await rig.given(({ socket }) => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${total}\r\n\r\n`)
      socket.write(Buffer.alloc(total, 7))
    })
    const observed = start()
    observed.onChunk = ({ call, received }) => {
      if (received < 1 << 20) call.pause()
    }
    await expect.poll(() => observed.received).toBeGreaterThan(0)
    await sleep(150)
    const held = observed.received
    expect(held).toBeLessThan(256 << 10)
    expect(peer.connections[0]?.writableLength).toBeGreaterThan(0)
    observed.onChunk = undefined
    observed.call.resume()
    await observed.finished
    expect(observed.error).toBeUndefined()
    expect(observed.body.equals(Buffer.alloc(total, 7))).toBe(true)
  })

  // Tried again where a busy machine has stopped the clock.
  test('abort() closes the connection at once, in every phase, and nothing is called afterwards', {
    retry: 2,
  }, async () => {
    const { start, peer } = await rig.given(({ socket, head }) => {
      if (head.includes('/silent')) return
      socket.write(`${chunkedHead}5\r\nhello\r\n`)
    })
    const connecting = start()
    connecting.abort()
    const silent = start({ path: '/silent' })
    const streaming = start()
    const inCallback = start()
    inCallback.onChunk = (exchange) => exchange.abort()
    await expect.poll(() => [silent.bodySent, streaming.text, inCallback.text]).toEqual([true, 'hello', 'hello'])
    silent.abort()
    streaming.abort()
    streaming.abort()
    streaming.call.resume()
    const startedAt = performance.now()
    await expect.poll(() => peer.openCount(), { interval: 5 }).toBe(0)
    expect(performance.now() - startedAt).toBeLessThan(100)
    await sleep(20)
    expect([connecting, silent, streaming, inCallback].map(({ over }) => over)).toEqual([false, false, false, false])
  })
}
