import http from 'node:http'
import net from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { ManualClock, systemClock } from '../../../shared/clock.ts'
import type { Notice } from '../../../shared/notice.ts'
import { openUpstream } from './choose-upstream.ts'
import { Http1Client } from './http1-client.ts'
import { ObservedExchange } from './observed-exchange.ts'
import { certificates, listen, openPeer } from './scripted-peer.ts'
import type { UpstreamOrigin } from './upstream.ts'

const cleanups: (() => unknown)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const answer = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'

/** A proxy for whose clients every name is the peer. */
async function openProxy(peerPort: number) {
  const asked: string[] = []
  const server = http.createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    response.end('from the proxy')
  })
  server.on('connect', (request, socket) => {
    asked.push(`CONNECT ${request.url}`)
    const onward = net.connect(peerPort, '127.0.0.1', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'))
    onward.pipe(socket).pipe(onward)
    onward.on('error', () => socket.destroy())
    socket.on('error', () => onward.destroy())
  })
  const port = await listen(server)
  cleanups.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return { asked, url: `http://127.0.0.1:${port}` }
}

const open = async (environment: Record<string, string>) => {
  const notices: Notice[] = []
  const upstream = await openUpstream({ environment, clock: systemClock, notify: (notice) => notices.push(notice) })
  cleanups.push(() => upstream.close())
  return { upstream, notices }
}

test('without a proxy in the environment our own client does everything', async () => {
  const { upstream, notices } = await open({})
  expect(upstream).toBeInstanceOf(Http1Client)
  expect(notices).toEqual([])
})

test('a proxy that is none is told to the operator and not used', async () => {
  const { upstream, notices } = await open({ HTTPS_PROXY: 'socks5://proxy:1080' })
  expect(upstream).toBeInstanceOf(Http1Client)
  expect(notices).toMatchObject([{ type: 'warning', message: expect.stringContaining('HTTPS_PROXY') }])
})

test('an operator is told why an upstream cannot be reached, once a minute for each', async () => {
  const notices: Notice[] = []
  const clock = new ManualClock()
  const upstream = await openUpstream({ environment: {}, clock, notify: (notice) => notices.push(notice) })
  cleanups.push(() => upstream.close())
  const peer = await openPeer(({ socket, head }) => {
    if (head.includes('/lost')) socket.destroy()
    else socket.write('SSH-2.0-OpenSSH_9.9\r\n')
  })
  cleanups.push(() => peer.close())
  const failing = async (origin: UpstreamOrigin, path = '/') => {
    await new ObservedExchange(upstream, origin, { path }).finished
  }
  const metadata = { ...peer.origin, hostname: '169.254.169.254', key: 'http://169.254.169.254' }
  await failing(peer.origin, '/lost')
  expect(notices).toEqual([])
  for (let i = 0; i < 3; i++) {
    await failing(peer.origin)
    await failing(metadata)
  }
  clock.advance(60_000)
  await failing(metadata)
  const refused = {
    type: 'upstream-unreachable',
    problem: 'connect',
    message:
      'http://169.254.169.254: refused: this is the address of a metadata service: set allowPrivate if you mean it',
  }
  const garbled = {
    type: 'upstream-unreachable',
    problem: 'protocol',
    message: expect.stringContaining(peer.origin.key),
  }
  expect(notices).toEqual([garbled, refused, refused])
})

test('TLS runs through the tunnel of a proxy, and the certificate is checked at its end', async () => {
  const { ca, other } = certificates
  const peer = await openPeer(({ socket }) => socket.write(answer), { tls: other })
  cleanups.push(() => peer.close())
  const proxy = await openProxy(peer.origin.port)
  const { upstream } = await open({ HTTPS_PROXY: proxy.url })
  const origin: UpstreamOrigin = {
    key: 'https://other.example:443',
    protocol: 'https:',
    hostname: 'other.example',
    port: 443,
    host: 'other.example',
    tls: { ca },
  }
  const trusted = new ObservedExchange(upstream, origin)
  await trusted.finished
  expect([trusted.text, trusted.error]).toEqual(['ok', undefined])
  expect(proxy.asked).toEqual(['CONNECT other.example:443'])
  const impostor = { ...origin, hostname: 'third.example', host: 'third.example', key: 'https://third.example:443' }
  const refused = new ObservedExchange(upstream, impostor)
  await refused.finished
  expect(refused.error).toMatchObject({ type: 'tls', sent: false })
  expect(peer.requests).toHaveLength(1)
})

test('what is not excepted goes to the proxy, loopback goes straight', async () => {
  const peer = await openPeer(({ socket }) => socket.write(answer))
  cleanups.push(() => peer.close())
  const proxy = await openProxy(peer.origin.port)
  const { upstream } = await open({ HTTP_PROXY: proxy.url })
  const far = new ObservedExchange(
    upstream,
    { key: 'http://far.example:80', protocol: 'http:', hostname: 'far.example', port: 80, host: 'far.example' },
    { method: 'GET', path: '/v1/models', body: [] },
  )
  const near = new ObservedExchange(upstream, peer.origin)
  await Promise.all([far.finished, near.finished])
  expect([far.text, near.text]).toEqual(['from the proxy', 'ok'])
  expect(proxy.asked).toEqual(['GET http://far.example:80/v1/models'])
})
