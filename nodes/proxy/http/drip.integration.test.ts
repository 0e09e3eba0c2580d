// Clients that send a few bytes at a time, to hold memory for as long as they like: below 16 KB/s their connections end within
// seconds, and all that was taken for them goes back. Faster ones end at the deadline (`body.integration.test.ts`).
import net from 'node:net'
import { test } from 'vitest'
import { key, startTestServer } from './test-handler.ts'

const head = `POST /v1/echo HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\n`
const chunk = (bytes: number) => `${bytes.toString(16)}\r\n${' '.repeat(bytes)}\r\n`
const clients = 8
const endMsMax = 25_000

interface Drip {
  /** What is sent at once. */
  readonly first: string
  /** What follows, each 100 ms. */
  readonly drops: string
  /** Memory that is held meanwhile: 0 for a head, which the parser keeps. */
  readonly holds: boolean
}

const rows: readonly (readonly [name: string, drip: Drip])[] = [
  ['a body by 10 KB/s', { first: `${head}Content-Length: 4000000\r\n\r\n{`, drops: ' '.repeat(1_000), holds: true }],
  ['a body byte by byte', { first: `${head}Content-Length: 4000000\r\n\r\n{`, drops: ' ', holds: true }],
  [
    'a chunked body by 10 KB/s',
    { first: `${head}Transfer-Encoding: chunked\r\n\r\n`, drops: chunk(1_000), holds: true },
  ],
  ['a head byte by byte', { first: head, drops: 'x', holds: false }],
  [
    'half of a large body, then byte by byte',
    { first: `${head}Content-Length: 4000000\r\n\r\n${' '.repeat(2_000_000)}`, drops: ' ', holds: true },
  ],
]

// All of them at the same time, since all they do is wait.
test.concurrent.for(rows)('%s: the connection ends and its memory goes back', { timeout: 60_000 }, async (row, at) => {
  const [, drip] = row
  const { server, handler, port } = await startTestServer({ bodyBytesMax: 4 << 20 })
  const startedMs = performance.now()
  const ends = Array.from({ length: clients }, () => dripping(port, drip))
  if (drip.holds) await at.expect.poll(() => server.bodyMemory.bytes).toBeGreaterThan(0)
  await Promise.all(ends)
  at.expect(performance.now() - startedMs).toBeLessThan(endMsMax)
  await at.expect.poll(() => [server.openRequests, server.bodyMemory.bytes]).toEqual([0, 0])
  at.expect(handler.bodies).toEqual([])
  server.close()
})

/** Resolves when the server has ended the connection. */
function dripping(port: number, { first, drops }: Drip): Promise<void> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write(first))
    const timer = setInterval(() => socket.writable && socket.write(drops), 100)
    socket.on('error', () => {})
    socket.on('data', () => {})
    socket.once('close', () => {
      clearInterval(timer)
      resolve()
    })
  })
}
