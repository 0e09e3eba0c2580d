import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { TLSSocket } from 'node:tls'
import { Worker } from 'node:worker_threads'
import { afterEach, describe, expect, test } from 'vitest'
import { ManualClock, systemClock } from '../../../shared/clock.ts'
import { Http1Client } from './http1-client.ts'
import { ObservedExchange } from './observed-exchange.ts'
import { certificates, openPeer, originOf, type Peer, type PeerOptions, type Script } from './scripted-peer.ts'
import type { UpstreamRequest } from './upstream.ts'
import { upstreamContract } from './upstream-contract.ts'

upstreamContract({ name: 'own client', open: () => new Http1Client({ clock: systemClock }), replays: true })

const ok = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'
const peers: Peer[] = []

afterEach(async () => {
  await Promise.all(peers.splice(0).map((peer) => peer.close()))
})

async function given(script: Script, options: PeerOptions & { connectionsPerOriginMax?: number } = {}) {
  const { connectionsPerOriginMax = 100, ...peerOptions } = options
  const clock = new ManualClock()
  const client = new Http1Client({ clock, connectionsPerOriginMax })
  const peer = await openPeer(script, peerOptions)
  peers.push(peer)
  const start = (request?: Partial<UpstreamRequest>) => new ObservedExchange(client, peer.origin, request)
  const exchange = async (request?: Partial<UpstreamRequest>) => {
    const observed = start(request)
    await observed.finished
    return observed
  }
  return { clock, client, peer, start, exchange }
}

const answerOk: Script = ({ socket }) => socket.write(ok)

/** Each connection answers once and is reset by the request that follows, `delay` later. */
function resetsSecond(delay: () => void): Script {
  const answered = new Set<net.Socket>()
  return ({ socket }) => {
    if (answered.has(socket)) {
      delay()
      socket.resetAndDestroy()
    } else {
      answered.add(socket)
      socket.write(ok)
    }
  }
}

describe('own client: idle connections', () => {
  test('a connection is free for a request that is sent from onEnd', async () => {
    const { client, peer } = await given(answerOk)
    for (let i = 0; i < 20; i++) await new ObservedExchange(client, peer.origin).finished
    expect(peer.connections).toHaveLength(1)
  })

  test('one that nobody used for a minute is closed', async () => {
    const { clock, exchange, peer } = await given(answerOk)
    await exchange()
    clock.advance(59_000)
    await exchange()
    expect(peer.connections).toHaveLength(1)
    clock.advance(61_000)
    await expect.poll(() => peer.openCount()).toBe(0)
  })

  test('one is given up a second before its peer says that it will close it', async () => {
    const { clock, exchange, peer } = await given(({ socket }) =>
      socket.write('HTTP/1.1 200 OK\r\nkeep-alive: timeout=5\r\ncontent-length: 2\r\n\r\nok'),
    )
    await exchange()
    clock.advance(3_900)
    await exchange()
    expect(peer.connections).toHaveLength(1)
    clock.advance(4_000)
    await exchange()
    expect(peer.connections).toHaveLength(2)
  })

  test('a large request, which is not kept for a second try, takes only one that was used just now', async () => {
    const { clock, exchange, peer } = await given(answerOk)
    const body = [Buffer.alloc(100_000)]
    await exchange({ body })
    clock.advance(3_900)
    await exchange({ body })
    expect(peer.connections).toHaveLength(1)
    clock.advance(4_100)
    await exchange({ body })
    expect(peer.connections).toHaveLength(2)
  })

  test('bytes that nobody asked for close it', async () => {
    const { exchange, peer } = await given(answerOk)
    await exchange()
    peer.connections[0]?.write('HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
    await expect.poll(() => peer.openCount()).toBe(0)
    expect((await exchange()).text).toBe('ok')
  })

  test('close() ends them, and those that are busy when their exchange has ended', async () => {
    const { client, exchange, start, peer } = await given(({ socket, head }) => {
      setTimeout(() => socket.write(ok), head.includes('/slow') ? 40 : 0)
    })
    await Promise.all([exchange(), exchange()])
    const slow = start({ path: '/slow' })
    client.close()
    await expect.poll(() => peer.openCount(), { interval: 2 }).toBe(1)
    await slow.finished
    expect(slow.text).toBe('ok')
    await expect.poll(() => peer.openCount()).toBe(0)
  })
})

const { ca, good } = certificates

describe('own client: a pause', () => {
  test.each([
    ['', {}],
    [' and secured', { tls: good, originTls: { ca } }],
  ])('before the connection is made%s holds the answer back until it ends', async (_, options) => {
    const { start, peer } = await given(answerOk, options)
    const observed = start()
    observed.call.pause()
    await expect.poll(() => peer.requests.length).toBe(1)
    await sleep(30)
    expect(observed.head).toBeUndefined()
    observed.call.resume()
    await observed.finished
    expect(observed.text).toBe('ok')
  })

  test('at the last byte of an answer does not outlive it', async () => {
    const { start, exchange, peer } = await given(answerOk)
    const observed = start()
    observed.onChunk = ({ call }) => call.pause()
    await observed.finished
    expect((await exchange()).text).toBe('ok')
    expect(peer.connections).toHaveLength(1)
    peer.connections[0]?.end()
    await expect.poll(() => peer.openCount()).toBe(0)
  })
})

test('own client: a second connection resumes the TLS session of the first', async () => {
  const resumed: boolean[] = []
  const { exchange } = await given(
    ({ socket }) => {
      resumed.push(socket instanceof TLSSocket && socket.isSessionReused())
      socket.write('HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok')
    },
    { tls: good, originTls: { ca } },
  )
  await exchange()
  await exchange()
  expect(resumed).toEqual([false, true])
})

describe('own client: a reused connection that turns out to be lost', () => {
  test('a large request whose pieces are still ours is sent again, byte for byte', async () => {
    const { start, exchange, peer } = await given(answerOk)
    await exchange()
    const [socket] = peer.connections
    socket?.removeAllListeners('data')
    socket?.once('data', () => socket.resetAndDestroy())
    const body = [Buffer.alloc(8 << 20, 1), Buffer.alloc(8 << 20, 2)]
    const observed = start({ body })
    await observed.finished
    expect([observed.text, observed.error, observed.bodySent]).toEqual(['ok', undefined, true])
    expect(peer.requests.at(-1)?.body.equals(Buffer.concat(body))).toBe(true)
  })

  test('a request is sent again once and no more', async () => {
    const { exchange, peer } = await given(({ socket, connection }) => {
      if (peer.requests.length > 1) socket.resetAndDestroy()
      else expect(connection).toBe(0)
      socket.write(ok)
    })
    await exchange()
    expect((await exchange()).error).toMatchObject({ type: 'reset', sent: true })
    expect(peer.requests).toHaveLength(3)
  })

  test('a POST that the peer has held for more than a second is not sent again: it may have been worked on', async () => {
    const { clock, exchange, peer } = await given(resetsSecond(() => clock.advance(1_001)))
    await exchange()
    expect((await exchange()).error).toMatchObject({ type: 'reset', sent: true })
    expect(peer.requests).toHaveLength(2)
  })

  test('a GET is sent again however long it took', async () => {
    const { clock, exchange, peer } = await given(resetsSecond(() => clock.advance(5_000)))
    await exchange()
    expect((await exchange({ method: 'GET', body: [] })).text).toBe('ok')
    expect(peer.requests).toHaveLength(3)
  })

  test('a request is not sent again once a byte of its answer came', async () => {
    const { exchange, peer } = await given(({ socket }) => {
      if (peer.requests.length === 1) socket.write(ok)
      else socket.end('H')
    })
    await exchange()
    expect((await exchange()).error).toMatchObject({ type: 'reset', sent: true })
    expect(peer.requests).toHaveLength(2)
  })

  test('an exchange aborted while it is sent again is over', async () => {
    const { start, exchange, peer } = await given(resetsSecond(() => setImmediate(() => second.abort())))
    await exchange()
    const second = start()
    await sleep(50)
    expect(second.over).toBe(false)
    expect(peer.openCount()).toBe(0)
  })
})

test('own client: above the bound of connections an exchange fails at once, and the next one finds a free one', async () => {
  const { start, exchange, peer } = await given(({ socket }) => setTimeout(() => socket.write(ok), 30), {
    connectionsPerOriginMax: 3,
  })
  const running = [start(), start(), start()]
  const refused = await exchange()
  expect(refused.error).toMatchObject({ type: 'connect', sent: false })
  await Promise.all(running.map(({ finished }) => finished))
  expect((await exchange()).text).toBe('ok')
  expect(peer.connections).toHaveLength(3)
})

test('own client: a connection that is never accepted meets the connect timeout and leaks no socket', async () => {
  const stop = new Int32Array(new SharedArrayBuffer(4))
  // It listens, then its thread sleeps: the kernel answers until the backlog is full, and then no more.
  const worker = new Worker(
    `const { parentPort, workerData } = require('node:worker_threads')
    const server = require('node:net').createServer()
    server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
      parentPort.postMessage(server.address().port)
      Atomics.wait(workerData, 0, 0)
      process.exit()
    })`,
    { eval: true, workerData: stop },
  )
  const port = await new Promise<number>((resolve) => worker.once('message', resolve))
  const fill = Array.from({ length: 8 }, () => net.connect(port, '127.0.0.1').on('error', () => {}))
  await sleep(50)
  const client = new Http1Client({ clock: systemClock })
  const exchange = new ObservedExchange(client, originOf({ port }), { connectTimeoutMs: 80 })
  await exchange.finished
  expect(exchange.error).toMatchObject({ type: 'connect-timeout', sent: false })
  for (const socket of fill) socket.destroy()
  const open = () => process.getActiveResourcesInfo().filter((resource) => resource.startsWith('TCPSocket')).length
  await expect.poll(open).toBe(0)
  Atomics.store(stop, 0, 1)
  Atomics.notify(stop, 0)
  await worker.terminate()
})
