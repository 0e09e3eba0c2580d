import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startFaultControl } from './fault-control.ts'
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts'
import type { FaultWishes } from './faults.ts'

let echo: Server
let proxy: FaultProxy
let client: Socket

beforeEach(async () => {
  echo = createServer((socket) => void socket.on('error', () => {}).pipe(socket))
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve))
  proxy = await startFaultProxy({ upstreamPort: (echo.address() as AddressInfo).port, seed: 7 })
})

afterEach(async () => {
  client.destroy()
  await proxy.stop()
  echo.close()
})

interface Echoed {
  text: string
  reads: number
  /** `open` when it was open 150 ms after what was expected had come. */
  end: string
  ms: number
}

/** Sends ten bytes and tells what came back, in how many reads, and how it ended. */
async function echoTen(faults: FaultWishes, expected = { text: '0123456789', end: 'open' }): Promise<Echoed> {
  await proxy.set(faults)
  const startedAt = performance.now()
  const seen = { text: '', reads: 0, end: 'open', ms: 0 }
  client = connect({ port: proxy.port, host: '127.0.0.1', noDelay: true })
  return new Promise((resolve) => {
    const finish = (end: string) => resolve({ ...seen, end })
    const waitOn = () => {
      const hasCome = expected.end === 'open' && seen.text.length >= expected.text.length
      if (hasCome) setTimeout(() => finish('open'), 150)
    }
    client.on('data', (data) => {
      seen.text += data.toString('latin1')
      seen.reads++
      seen.ms = performance.now() - startedAt
      waitOn()
    })
    client.on('end', () => finish('ended'))
    client.on('error', (error: NodeJS.ErrnoException) => finish(error.code ?? 'error'))
    client.write('0123456789')
    waitOn()
    setTimeout(() => finish('open'), 5_000)
  })
}

test('without faults bytes pass as they are', async () => {
  expect(await echoTen({})).toMatchObject({ text: '0123456789', reads: 1, end: 'open' })
})

test('an answer comes a byte at a time', async () => {
  const { text, reads } = await echoTen({ answers: { sliceBytes: 1 } })
  expect(text).toBe('0123456789')
  expect(reads).toBeGreaterThan(1)
})

test('latency and jitter delay but never reorder', async () => {
  const { text, ms } = await echoTen({ answers: { latencyMs: 40, jitterMs: 5 }, requests: { sliceBytes: 3 } })
  expect(text).toBe('0123456789')
  expect(ms).toBeGreaterThan(39)
})

test.each<[string, FaultWishes, { text: string; end: string }]>([
  ['a stall keeps the connection open', { answers: { stallAfterBytes: 4 } }, { text: '0123', end: 'open' }],
  ['an early end is clean', { answers: { endAfterBytes: 4 } }, { text: '0123', end: 'ended' }],
  ['a request that stalls brings nothing back', { requests: { stallAfterBytes: 0 } }, { text: '', end: 'open' }],
  ['one byte is flipped', { answers: { flipByteAt: 3 } }, { text: '0122456789', end: 'open' }],
  ['a hanging port accepts and is silent', { hang: true }, { text: '', end: 'open' }],
  ['a refusing port refuses', { refuse: true }, { text: '', end: 'ECONNREFUSED' }],
])('%s', async (_name, faults, expected) => {
  expect(await echoTen(faults, expected)).toMatchObject(expected)
})

test('a reset is a reset, not an end', async () => {
  expect((await echoTen({ answers: { resetAfterBytes: 4 } }, { text: '', end: 'ECONNRESET' })).end).toBe('ECONNRESET')
  expect(proxy.counts()).toMatchObject({ accepted: 1, resets: 1 })
})

test('a port that refused serves again on the same number once healed', async () => {
  const { port } = proxy
  await echoTen({ refuse: true }, { text: '', end: 'ECONNREFUSED' })
  expect(await echoTen({})).toMatchObject({ text: '0123456789' })
  expect(proxy.port).toBe(port)
})

test('it is driven over HTTP', async () => {
  const control = await startFaultControl(proxy)
  try {
    const body = JSON.stringify({ answers: { sliceBytes: 1 } })
    const faults = await (await fetch(`${control.url}/faults`, { method: 'PUT', body })).json()
    expect(faults).toMatchObject({ refuse: false, answers: { sliceBytes: 1 } })
    expect((await fetch(`${control.url}/faults`, { method: 'PUT', body: '{' })).status).toBe(400)
    expect(await echoTen({})).toMatchObject({ text: '0123456789' })
    expect(await (await fetch(`${control.url}/counts`)).json()).toMatchObject({ accepted: 1 })
  } finally {
    await control.stop()
  }
})
