// When a connection is used again, and when not.
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { ObservedExchange } from '../observed-exchange.ts'
import { type ContractRig, chunkedAnswer, type UpstreamContractOptions } from './test-contract-rig.ts'

export function connectionsContract(rig: ContractRig, { replays }: UpstreamContractOptions): void {
  test('exchanges one after the other share a connection', async () => {
    const { exchange, peer } = await rig.answers(chunkedAnswer)
    for (let i = 0; i < 5; i++) await exchange()
    expect(peer.connections).toHaveLength(1)
  })

  test('exchanges at one time have a connection each, and no answer goes to another', async () => {
    const { exchange, peer } = await rig.given(({ socket, body }) => {
      setTimeout(
        () => socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`),
        body.length % 7,
      )
    })
    const texts = Array.from({ length: 50 }, (_, i) => `${i}`.repeat(i + 1))
    const observed = await Promise.all(texts.map((text) => exchange({ body: [Buffer.from(text)] })))
    expect(observed.map(({ text }) => text)).toEqual(texts)
    expect(peer.connections).toHaveLength(50)
  })

  test('"connection: close" is honoured', async () => {
    const { exchange, peer } = await rig.answers('HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok')
    await exchange()
    await exchange()
    expect(peer.connections).toHaveLength(2)
  })

  test('a connection on which bytes follow the answer is not used again', async () => {
    const { exchange, peer } = await rig.answers('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n')
    expect((await exchange()).head?.status).toBe(200)
    expect((await exchange()).head?.status).toBe(200)
    expect(peer.connections).toHaveLength(2)
  })

  test('a connection that its peer closes while idle leaves the pool', async () => {
    const { exchange, peer } = await rig.given(({ socket }) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
      setTimeout(() => socket.end(), 10)
    })
    await exchange()
    await sleep(50)
    expect((await exchange()).text).toBe('ok')
    expect(peer.connections).toHaveLength(2)
  })

  test('a request that meets a connection closed meanwhile is answered or reported as sent', async () => {
    const { exchange, peer } = await rig.given(({ socket, connection }) => {
      const first = peer.requests.filter((request) => request.connection === connection).length === 1
      if (first) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
      else socket.resetAndDestroy()
    })
    await exchange()
    const observed = await exchange()
    if (replays) expect(observed.text).toBe('ok')
    else expect(observed.error).toMatchObject({ type: 'reset', sent: true })
    expect(peer.requests.length).toBeLessThanOrEqual(3)
  })

  test('close() lets an open exchange finish', async () => {
    const peer = await rig.peer(({ socket }) => setTimeout(() => socket.write(chunkedAnswer), 30))
    const upstream = rig.upstream()
    const exchange = new ObservedExchange(upstream, peer.origin)
    await sleep(10)
    upstream.close()
    await exchange.finished
    expect(exchange.text).toBe('hello, you!')
  })
}
