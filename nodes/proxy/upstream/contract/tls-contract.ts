// TLS: which certificates are accepted, and which are shown.
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { ObservedExchange } from '../observed-exchange.ts'
import { certificates, type Script } from '../scripted-peer.ts'
import { type ContractRig, chunkedAnswer } from './test-contract-rig.ts'

export function tlsContract(rig: ContractRig): void {
  const { ca, good, other, expired, self, client } = certificates
  const script: Script = ({ socket }) => socket.write(chunkedAnswer)

  test('a peer whose certificate the given authority has signed is talked to', async () => {
    const { exchange, peer } = await rig.given(script, { tls: good, originTls: { ca }, hostname: 'localhost' })
    const body = [Buffer.alloc(300_000, 1), Buffer.alloc(300_000, 2)]
    expect((await exchange()).text).toBe('hello, you!')
    expect((await exchange({ body })).text).toBe('hello, you!')
    expect(peer.requests[1]?.body.equals(Buffer.concat(body))).toBe(true)
    expect(peer.connections).toHaveLength(1)
  })

  test('the peer is told the name that it is asked under', async () => {
    const { exchange, peer } = await rig.given(script, { tls: good, originTls: { ca }, hostname: 'localhost' })
    await exchange()
    expect(peer.connections[0]).toMatchObject({ servername: 'localhost' })
  })

  test('an address is checked against the certificate as a name is', async () => {
    const { exchange } = await rig.given(script, { tls: good, originTls: { ca } })
    expect((await exchange()).text).toBe('hello, you!')
  })

  test.each([
    ['self-signed', { tls: self, originTls: { ca } }],
    ['signed by an authority that nobody named', { tls: good }],
    ['for another host', { tls: other, originTls: { ca } }],
    ['expired', { tls: expired, originTls: { ca } }],
  ])('a certificate that is %s is refused before anything is sent', async (_, options) => {
    const { exchange, peer } = await rig.given(script, options)
    expect((await exchange()).error).toMatchObject({ type: 'tls', sent: false })
    expect(peer.requests).toHaveLength(0)
  })

  test('the environment cannot switch verification off', async () => {
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
    try {
      const { exchange } = await rig.given(script, { tls: self })
      expect((await exchange()).error?.type).toBe('tls')
    } finally {
      delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']
    }
  })

  test('a client certificate is shown to a peer that asks, and never shared with another provider', async () => {
    const peerTls = { ...good, ca, requestCert: true, rejectUnauthorized: true }
    const { exchange, peer } = await rig.given(script, { tls: peerTls, originTls: { ca, ...client } })
    expect((await exchange()).text).toBe('hello, you!')
    const upstream = rig.upstream()
    const shown = new ObservedExchange(upstream, peer.origin)
    await shown.finished
    const bare = new ObservedExchange(upstream, { ...peer.origin, tls: { ca } })
    await bare.finished
    expect(shown.error).toBeUndefined()
    // In TLS 1.3 the refusal comes after the handshake.
    expect(bare.error?.type).toMatch(/^(?:tls|reset)$/)
  })

  test('an unreadable certificate of ours is a TLS error', async () => {
    const { exchange } = await rig.given(script, {
      tls: good,
      originTls: { ca, cert: 'not a certificate', key: good.key },
    })
    expect((await exchange()).error).toMatchObject({ type: 'tls', sent: false })
  })

  test('pause and abort hold under TLS', async () => {
    const total = 8 << 20
    const { start, peer } = await rig.given(
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
}
