import { afterEach, describe, expect, test } from 'vitest'
import { ManualClock, systemClock } from '../../../../shared/clock.ts'
import { Http1Client } from '../http1-client.ts'
import { ObservedExchange } from '../observed-exchange.ts'
import { certificates, openPeer, type Peer } from '../scripted-peer.ts'
import { UndiciUpstream } from '../undici-upstream.ts'
import type { Egress, Upstream, UpstreamOrigin } from '../upstream.ts'
import { AddressBook } from './address-book.ts'

const peers: Peer[] = []
const upstreams: Upstream[] = []

afterEach(async () => {
  for (const upstream of upstreams.splice(0)) upstream.close()
  await Promise.all(peers.splice(0).map((peer) => peer.close()))
})

const closing = 'HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok'
const staying = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'

type Open = (options: { addresses: AddressBook }) => Upstream
const clients: [string, Open][] = [
  ['own client', ({ addresses }) => new Http1Client({ clock: systemClock, addresses })],
  ['undici', ({ addresses }) => new UndiciUpstream({ clock: systemClock, addresses, proxyOf: () => undefined })],
]

/** A listener that nobody should reach, and names that resolve to whatever `answers` says. */
async function given(open: Open, answer = closing) {
  const trap = await openPeer(({ socket }) => socket.write(answer))
  peers.push(trap)
  const answers: Record<string, string[]> = {}
  const clock = new ManualClock()
  const addresses = new AddressBook({
    clock,
    resolve(hostname, resolved) {
      const found = answers[hostname] ?? []
      const family = (address: string) => (address.includes(':') ? 6 : 4)
      setImmediate(() =>
        resolved(
          null,
          found.map((address) => ({ address, family: family(address) })),
        ),
      )
    },
  })
  const upstream = open({ addresses })
  upstreams.push(upstream)
  const send = async (hostname: string, egress?: Egress) => {
    const host = `${hostname.includes(':') ? `[${hostname}]` : hostname}:${trap.origin.port}`
    const origin: UpstreamOrigin = { ...trap.origin, key: `http://${host}`, hostname, host, egress }
    const exchange = new ObservedExchange(upstream, origin)
    await exchange.finished
    return exchange
  }
  return { trap, answers, clock, upstream, send }
}

describe.each(clients)('%s', (_, open) => {
  test('a name that turns to a metadata service is refused from then on', async () => {
    const { trap, answers, clock, send } = await given(open)
    answers['llm.example'] = ['127.0.0.1']
    expect((await send('llm.example')).text).toBe('ok')
    answers['llm.example'] = ['169.254.169.254']
    clock.advance(31_000)
    const { error } = await send('llm.example')
    expect(error).toMatchObject({ type: 'connect', sent: false })
    expect(error?.message).toContain('refused: llm.example resolves to 169.254.169.254')
    expect(error?.message).toContain('allowPrivate')
    expect(trap.connections).toHaveLength(1)
  })

  test.each([
    ['127.0.0.1'],
    ['::1'],
    ['::ffff:127.0.0.1'],
    ['0.0.0.0'],
    ['10.0.0.1', '127.0.0.1'],
    ['fd00::1', '::ffff:a00:1'],
  ])('under strict egress a name that resolves to %s is not connected to', async (...found) => {
    const { trap, answers, send } = await given(open)
    answers['llm.example'] = found
    const secure = { ...trap.origin, protocol: 'https:', hostname: 'llm.example', egress: 'public-only' } as const
    const exchange = new ObservedExchange(upstreams[0]!, secure)
    await exchange.finished
    expect(exchange.error).toMatchObject({ type: 'connect', sent: false })
    expect(exchange.error?.message).toContain('a private address')
    expect((await send('llm.example', 'public-only')).error?.message).toContain('plain http')
    expect(trap.connections).toHaveLength(0)
  })

  test('of several addresses only those that may be reached are tried', async () => {
    const { trap, answers, send } = await given(open)
    answers['llm.example'] = ['169.254.169.254', 'fd00:ec2::254', '127.0.0.1']
    expect((await send('llm.example')).text).toBe('ok')
    expect(trap.connections).toHaveLength(1)
  })

  test('with allowPrivate a name and an address may be anything', async () => {
    const { trap, answers, send } = await given(open)
    answers['llm.example'] = ['127.0.0.1']
    expect((await send('llm.example', 'any')).text).toBe('ok')
    expect((await send('127.0.0.1', 'any')).text).toBe('ok')
    expect(trap.connections).toHaveLength(2)
  })

  test('a connection of a provider that may go anywhere serves no other one', async () => {
    const { trap, answers, send } = await given(open, staying)
    answers['llm.example'] = ['127.0.0.1']
    expect((await send('llm.example', 'any')).text).toBe('ok')
    expect((await send('llm.example', 'public-only')).error?.type).toBe('connect')
    expect((await send('llm.example', 'no-metadata')).text).toBe('ok')
    expect(trap.connections).toHaveLength(2)
  })

  test('a name without any address is told as a connection failure', async () => {
    const { send } = await given(open)
    expect((await send('llm.example')).error).toMatchObject({ type: 'connect', sent: false })
  })

  test('a certificate is checked against the name, wherever the name led', async () => {
    const { answers, upstream } = await given(open)
    const peer = await openPeer(({ socket }) => socket.write(closing), {
      tls: certificates.other,
      originTls: { ca: certificates.ca },
    })
    peers.push(peer)
    answers['other.example'] = ['127.0.0.1']
    answers['third.example'] = ['127.0.0.1']
    const results: unknown[] = []
    for (const hostname of ['other.example', 'third.example']) {
      const origin = { ...peer.origin, hostname, host: hostname, key: `https://${hostname}` }
      const exchange = new ObservedExchange(upstream, origin)
      await exchange.finished
      results.push(exchange.error?.type ?? exchange.text)
    }
    expect(results).toEqual(['ok', 'tls'])
  })
})

/** Spellings of loopback, as a resolver or a URL may understand them. */
const loopbacks = [
  '127.0.0.1',
  '127.1',
  '127.0.1',
  '127.255.255.254',
  '127.000.000.001',
  '0177.0.0.1',
  '0177.1',
  '00177.0.0.1',
  '0x7f.1',
  '0x7f.0.0.1',
  '0x7f.0x0.0x0.0x1',
  '0X7F.1',
  '0x7f000001',
  '0x7f.0x1',
  '2130706433',
  '017700000001',
  '0',
  '0.0.0.0',
  '0x0',
  '00.0',
  '①②⑦.0.0.1',
  '127。0。0。1',
  '127%2e0%2e0%2e1',
  '%31%32%37.0.0.1',
  'localhost',
  'LOCALHOST',
  'localhost.',
  'a.localhost',
  'ｌｏｃａｌｈｏｓｔ',
  '::1',
  '::',
  '0:0:0:0:0:0:0:1',
  '0000::0001',
  '::127.0.0.1',
  '::7f00:1',
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '::FFFF:7F00:0001',
  '0:0:0:0:0:ffff:127.0.0.1',
  '64:ff9b::7f00:1',
  '64:ff9b::127.0.0.1',
  '2002:7f00:1::',
  'fe80::1%lo',
]

/** Addresses of metadata services, which are refused under open egress too. */
const metadata = [
  '169.254.169.254',
  '169.254.43518',
  '169.16689662',
  '2852039166',
  '0xa9fea9fe',
  '0xa9.0xfe.0xa9.0xfe',
  '0251.0376.0251.0376',
  '0251.254.0xa9.254',
  '025177524776',
  '１６９.254.169.254',
  '169.254.169.254.',
  '169。254。169。254',
  '169.254.170.2',
  '100.100.100.200',
  '::ffff:169.254.169.254',
  '::ffff:a9fe:a9fe',
  '64:ff9b::a9fe:a9fe',
  'fd00:ec2::254',
  'fd00:0ec2:0:0:0:0:0:254',
  'metadata',
  'metadata.google.internal',
  'METADATA.google.internal.',
]

describe('spellings', () => {
  test.each(loopbacks)('%s is not reached under strict egress', async (spelling) => {
    await neverReached(spelling, 'public-only')
  })

  test.each(metadata)('%s is not reached without allowPrivate', async (spelling) => {
    await neverReached(spelling, 'no-metadata')
    await neverReached(spelling, 'public-only')
  })
})

/** Expects that a spelling of an address is never connected to, as a URL would write it and as it stands, with the system's own
 *  resolver. */
async function neverReached(spelling: string, egress: Egress): Promise<void> {
  const trap = await openPeer(({ socket }) => socket.write(closing))
  peers.push(trap)
  const url = `https://${spelling.includes(':') ? `[${spelling}]` : spelling}:${trap.origin.port}/v1`
  const hostnames = [spelling, ...(URL.canParse(url) ? [new URL(url).hostname] : [])]
  for (const hostname of hostnames) {
    const upstream = new Http1Client({ clock: systemClock })
    upstreams.push(upstream)
    const exchange = new ObservedExchange(upstream, { ...trap.origin, protocol: 'https:', hostname, egress })
    await exchange.finished
    expect(exchange.error).toMatchObject({ type: 'connect', sent: false })
    expect(exchange.error?.message).toMatch(/refused: |is not the name of a host|ENOTFOUND|EAI_AGAIN/)
  }
  expect(trap.connections).toHaveLength(0)
}
