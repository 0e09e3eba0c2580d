// The contract of every client for upstreams, tested against real sockets whose other end violates the protocol in every known way.
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { ObservedExchange } from './observed-exchange.ts'
import { certificates, openPeer, type Peer, type PeerOptions, type Script, sendSlices } from './scripted-peer.ts'
import type { Upstream, UpstreamRequest } from './upstream.ts'

export interface UpstreamContractOptions {
  name: string
  open: () => Upstream
  /** Whether a request is sent again when its reused connection turns out to be closed. */
  replays: boolean
}

const chunkedHead = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n'
const chunkedAnswer = `${chunkedHead}5;name="v;w"\r\nhello\r\n00006\r\n, you!\r\n0\r\nx-trailer: 1\r\n\r\n`

export function upstreamContract({ name, open, replays }: UpstreamContractOptions): void {
  const peers: Peer[] = []
  const upstreams: Upstream[] = []

  afterEach(async () => {
    for (const upstream of upstreams.splice(0)) upstream.close()
    await Promise.all(peers.splice(0).map((peer) => peer.close()))
  })

  async function given(script: Script, options?: PeerOptions) {
    const peer = await openPeer(script, options)
    const upstream = open()
    peers.push(peer)
    upstreams.push(upstream)
    return {
      peer,
      start: (request?: Partial<UpstreamRequest>) => new ObservedExchange(upstream, peer.origin, request),
      async exchange(request?: Partial<UpstreamRequest>) {
        const exchange = new ObservedExchange(upstream, peer.origin, request)
        await exchange.finished
        // Undici counts its connection as busy until the turn ends.
        await turn()
        return exchange
      },
    }
  }

  const answers = (answer: string) => given(({ socket }) => socket.write(answer, 'latin1'))
  const answersThenCloses = (answer: string) => given(({ socket }) => socket.end(answer, 'latin1'))

  describe(`${name}: answers`, () => {
    test('a sized answer arrives with its head and its bytes', async () => {
      const { exchange, peer } = await answers(
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
      const { exchange, peer } = await answers('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
      expect((await exchange({ method: 'GET', path: '/v1/models?a=b', body: [] })).text).toBe('ok')
      expect(peer.requests[0]?.head).toMatch(/^GET \/v1\/models\?a=b HTTP\/1\.1\r\n/)
      expect(peer.requests[0]?.head).not.toMatch(/content-length|transfer-encoding/i)
    })

    test('a chunked answer arrives without its framing', async () => {
      const { exchange } = await answers(chunkedAnswer)
      expect((await exchange()).text).toBe('hello, you!')
    })

    test('an answer that ends with its connection is complete', async () => {
      const { exchange } = await answersThenCloses('HTTP/1.1 200 OK\r\n\r\nuntil the end')
      expect((await exchange()).text).toBe('until the end')
    })

    test('interim answers are not shown', async () => {
      const { exchange } = await answers(
        'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 102 P\r\n\r\nHTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n',
      )
      const observed = await exchange()
      expect(observed.head?.status).toBe(201)
      expect(observed.text).toBe('')
    })

    test.each([204, 304])('a %d has no body, whatever follows on the connection', async (status) => {
      const { exchange, peer } = await answers(`HTTP/1.1 ${status} X\r\n\r\n`)
      expect((await exchange()).head?.status).toBe(status)
      expect((await exchange()).head?.status).toBe(status)
      expect(peer.requests).toHaveLength(2)
    })

    test('a redirect is an answer like any other and is not followed', async () => {
      const { exchange, peer } = await answers(
        'HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n',
      )
      const observed = await exchange()
      expect([observed.head?.status, observed.head?.header('location')]).toEqual([302, 'http://169.254.169.254/'])
      expect(peer.requests).toHaveLength(1)
    })

    test('an answer in slices of one byte is the same answer', async () => {
      const { exchange } = await given(({ socket }) => sendSlices(socket, Buffer.from(chunkedAnswer), 1))
      const observed = await exchange()
      expect([observed.head?.header('content-type'), observed.text]).toEqual(['text/event-stream', 'hello, you!'])
    })

    test('an answer cut in two at any byte is the same answer', async () => {
      let cut = 0
      const { exchange } = await given(({ socket }) => {
        socket.write(chunkedAnswer.slice(0, cut))
        setImmediate(() => socket.write(chunkedAnswer.slice(cut)))
      })
      for (cut = 1; cut < chunkedAnswer.length; cut++) expect((await exchange()).text).toBe('hello, you!')
    })
  })

  describe(`${name}: connections`, () => {
    test('exchanges one after the other share a connection', async () => {
      const { exchange, peer } = await answers(chunkedAnswer)
      for (let i = 0; i < 5; i++) await exchange()
      expect(peer.connections).toHaveLength(1)
    })

    test('exchanges at one time have a connection each, and no answer goes to another', async () => {
      const { exchange, peer } = await given(({ socket, body }) => {
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
      const { exchange, peer } = await answers('HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok')
      await exchange()
      await exchange()
      expect(peer.connections).toHaveLength(2)
    })

    test('a connection on which bytes follow the answer is not used again', async () => {
      const { exchange, peer } = await answers('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n')
      expect((await exchange()).head?.status).toBe(200)
      expect((await exchange()).head?.status).toBe(200)
      expect(peer.connections).toHaveLength(2)
    })

    test('a connection that its peer closes while idle leaves the pool', async () => {
      const { exchange, peer } = await given(({ socket }) => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
        setTimeout(() => socket.end(), 10)
      })
      await exchange()
      await sleep(50)
      expect((await exchange()).text).toBe('ok')
      expect(peer.connections).toHaveLength(2)
    })

    test('a request that meets a connection closed meanwhile is answered or reported as sent', async () => {
      const { exchange, peer } = await given(({ socket, connection }) => {
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
      const peer = await openPeer(({ socket }) => setTimeout(() => socket.write(chunkedAnswer), 30))
      peers.push(peer)
      const upstream = open()
      const exchange = new ObservedExchange(upstream, peer.origin)
      await sleep(10)
      upstream.close()
      await exchange.finished
      expect(exchange.text).toBe('hello, you!')
    })
  })

  describe(`${name}: failures`, () => {
    test('a refused connection is told as such, with nothing sent', async () => {
      const { exchange, peer } = await answers('')
      await peer.close()
      const observed = await exchange()
      expect(observed.error).toMatchObject({ type: 'connect', sent: false })
      expect(observed.error?.message).toContain('ECONNREFUSED')
    })

    test('a name that does not exist is told as a connection failure', async () => {
      const { peer } = await answers('')
      const upstream = open()
      upstreams.push(upstream)
      const exchange = new ObservedExchange(upstream, { ...peer.origin, key: 'http://x', hostname: 'nowhere.invalid' })
      await exchange.finished
      expect(exchange.error).toMatchObject({ type: 'connect', sent: false })
    })

    test('a handshake that never ends meets the connect timeout', async () => {
      const { peer } = await answers('')
      const upstream = open()
      upstreams.push(upstream)
      const origin = { ...peer.origin, protocol: 'https:', key: peer.origin.key.replace('http:', 'https:') } as const
      const exchange = new ObservedExchange(upstream, origin, { connectTimeoutMs: 60 })
      await exchange.finished
      expect(exchange.error).toMatchObject({ type: 'connect-timeout', sent: false })
    })

    test('a reset before any byte of the answer', async () => {
      const { exchange, peer } = await given(({ socket }) => socket.resetAndDestroy())
      const observed = await exchange()
      expect(observed.error).toMatchObject({ type: 'reset', sent: true })
      expect(peer.requests).toHaveLength(1)
      expect(observed.head).toBeUndefined()
      expect(observed.bodySent).toBe(true)
    })

    test('a reset after the head and some of the body', async () => {
      const { exchange } = await given(({ socket }) => {
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
      const { exchange } = await answersThenCloses(answer)
      expect((await exchange()).error?.type).toBe('reset')
    })

    test.each([
      ['a chunk size that is none', `${chunkedHead}xyz\r\n`],
      ['a chunk longer than its size', `${chunkedHead}3\r\nhello\r\n0\r\n\r\n`],
      [
        'both a length and chunks',
        'HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
      ],
      ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd'],
      ['another protocol', 'SSH-2.0-OpenSSH_9.9\r\n'],
      ['a header block above 64 KiB', `HTTP/1.1 200 OK\r\n${`x-filler: ${'y'.repeat(1_000)}\r\n`.repeat(70)}\r\n`],
    ])('%s is a protocol error, and the connection is closed', async (_, answer) => {
      const { exchange, peer } = await answers(answer)
      expect((await exchange()).error).toMatchObject({ type: 'protocol', sent: true })
      await expect.poll(() => peer.openCount()).toBe(0)
    })

    test('a path that would end its line is refused and nothing is sent', async () => {
      const { exchange, peer } = await answers(chunkedAnswer)
      const observed = await exchange({ path: '/v1/x HTTP/1.1\r\nx-evil: 1' })
      expect(observed.error).toMatchObject({ type: 'protocol', sent: false })
      const lines = await exchange({ headerLines: 'x-a: \u010aevil: 1\r\n' })
      expect(lines.error).toMatchObject({ type: 'protocol', sent: false })
      expect(peer.requests).toHaveLength(0)
    })
  })

  describe(`${name}: flow`, () => {
    test('a body in pieces arrives byte for byte, and its buffers may be reused once it is sent', async () => {
      const { start, peer } = await answers(chunkedAnswer)
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
      const { start, peer } = await given(() => {})
      const observed = start({ body: [Buffer.alloc(1_000_000), Buffer.alloc(1)] })
      await expect.poll(() => [observed.bodySent, peer.requests.length]).toEqual([true, 1])
      expect(observed.over).toBe(false)
      observed.abort()
    })

    test('an answer that comes before the request is written reaches the caller, and the connection is closed', async () => {
      const { peer, start, exchange } = await given(({ socket }) => socket.write(chunkedAnswer))
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
      const { start, peer } = await given(({ socket }) => {
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
      const { start, peer } = await given(({ socket, head }) => {
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
  })

  describe(`${name}: TLS`, () => {
    const { ca, good, other, expired, self, client } = certificates
    const script: Script = ({ socket }) => socket.write(chunkedAnswer)

    test('a peer whose certificate the given authority has signed is talked to', async () => {
      const { exchange, peer } = await given(script, { tls: good, originTls: { ca }, hostname: 'localhost' })
      const body = [Buffer.alloc(300_000, 1), Buffer.alloc(300_000, 2)]
      expect((await exchange()).text).toBe('hello, you!')
      expect((await exchange({ body })).text).toBe('hello, you!')
      expect(peer.requests[1]?.body.equals(Buffer.concat(body))).toBe(true)
      expect(peer.connections).toHaveLength(1)
    })

    test('the peer is told the name that it is asked under', async () => {
      const { exchange, peer } = await given(script, { tls: good, originTls: { ca }, hostname: 'localhost' })
      await exchange()
      expect(peer.connections[0]).toMatchObject({ servername: 'localhost' })
    })

    test('an address is checked against the certificate as a name is', async () => {
      const { exchange } = await given(script, { tls: good, originTls: { ca } })
      expect((await exchange()).text).toBe('hello, you!')
    })

    test.each([
      ['self-signed', { tls: self, originTls: { ca } }],
      ['signed by an authority that nobody named', { tls: good }],
      ['for another host', { tls: other, originTls: { ca } }],
      ['expired', { tls: expired, originTls: { ca } }],
    ])('a certificate that is %s is refused before anything is sent', async (_, options) => {
      const { exchange, peer } = await given(script, options)
      expect((await exchange()).error).toMatchObject({ type: 'tls', sent: false })
      expect(peer.requests).toHaveLength(0)
    })

    test('the environment cannot switch verification off', async () => {
      process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
      try {
        const { exchange } = await given(script, { tls: self })
        expect((await exchange()).error?.type).toBe('tls')
      } finally {
        delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']
      }
    })

    test('a client certificate is shown to a peer that asks, and never shared with another provider', async () => {
      const peerTls = { ...good, ca, requestCert: true, rejectUnauthorized: true }
      const { exchange, peer } = await given(script, { tls: peerTls, originTls: { ca, ...client } })
      expect((await exchange()).text).toBe('hello, you!')
      const upstream = open()
      upstreams.push(upstream)
      const shown = new ObservedExchange(upstream, peer.origin)
      await shown.finished
      const bare = new ObservedExchange(upstream, { ...peer.origin, tls: { ca } })
      await bare.finished
      expect(shown.error).toBeUndefined()
      // In TLS 1.3 the refusal comes after the handshake.
      expect(bare.error?.type).toMatch(/^(?:tls|reset)$/)
    })

    test('an unreadable certificate of ours is a TLS error', async () => {
      const { exchange } = await given(script, {
        tls: good,
        originTls: { ca, cert: 'not a certificate', key: good.key },
      })
      expect((await exchange()).error).toMatchObject({ type: 'tls', sent: false })
    })

    test('pause and abort hold under TLS', async () => {
      const total = 8 << 20
      const { start, peer } = await given(
        ({ socket }) => {
          socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${total}\r\n\r\n`)
          socket.write(Buffer.alloc(total, 7))
        },
        { tls: good, originTls: { ca } },
      )
      const observed = start()
      observed.onChunk = ({ call, received }) => {
        if (received < 1 << 20) call.pause()
      }
      await expect.poll(() => observed.received).toBeGreaterThan(0)
      await sleep(100)
      expect(observed.received).toBeLessThan(512 << 10)
      observed.onChunk = undefined
      observed.call.resume()
      await observed.finished
      expect(observed.received).toBe(total)
      await turn()
      const aborted = start()
      aborted.onChunk = (exchange) => exchange.abort()
      await expect.poll(() => aborted.received).toBeGreaterThan(0)
      await expect.poll(() => peer.openCount()).toBe(0)
    })
  })
}
