// One response through everything that can happen to it: streams, slow and vanishing clients, faults in the handler.
import net from 'node:net'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ManualClock } from '../../../shared/clock.ts'
import { freePort } from '../../../shared/free-ports.ts'
import type { Body, Reply, RequestHead } from './http.ts'
import { answersTo, statusesOf, talk, until } from './raw-client.ts'
import { jsonHeaders, key, startTestServer, TestHandler, type TestServer } from './test-handler.ts'

let at: TestServer
let clock: ManualClock
beforeEach(async () => {
  clock = new ManualClock()
  at = await startTestServer({ bodyBytesMax: 4 << 20 }, new TestHandler(), clock)
})
afterEach(() => at.server.close())

const auth = `Host: gate\r\nAuthorization: Bearer ${key}\r\n`
const get = (path: string) => `GET ${path} HTTP/1.1\r\n${auth}\r\n`
const post = (path: string, body: string) =>
  `POST ${path} HTTP/1.1\r\n${auth}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
const pause = (ms: number) => new Promise((next) => setTimeout(next, ms))

function route(path: string, run: (reply: Reply, body: Body, head: RequestHead) => void): void {
  at.handler.routes.set(path, (head, body, reply) => run(reply, body, head))
}

/** The length of a body that is nothing but Z, without the framing of its chunks. */
function countOfZ(data: Uint8Array): number {
  let count = 0
  for (let i = 0; i < data.length; i++) if (data[i] === 90) count++
  return count
}

function connect(): net.Socket {
  const socket = net.connect(at.port, '127.0.0.1')
  socket.on('error', () => {})
  return socket
}

test('a stream arrives piece by piece, with its head before the first', async () => {
  route('/stream', (reply) => {
    reply.begin(200, ['content-type', 'text/event-stream'])
    expect(reply.write('data: 1\n\n')).toBe('sent')
    setTimeout(() => reply.write(Buffer.from('data: 2\n\n')), 20)
    setTimeout(() => reply.end(), 40)
  })
  const { text } = await answersTo(at.port, [get('/stream')])
  expect(text).toContain('content-type: text/event-stream')
  expect(text.endsWith('9\r\ndata: 1\n\n\r\n9\r\ndata: 2\n\n\r\n0\r\n\r\n')).toBe(true)
  expect(at.server.openRequests).toBe(0)
})

test('two writes arrive at once: the socket does not wait for an acknowledgement', async () => {
  const startMs: number[] = []
  route('/stream', (reply) => {
    reply.begin(200, [])
    setTimeout(() => {
      startMs.push(performance.now())
      for (const piece of ['a', 'b', 'c', 'last']) reply.write(piece)
    }, 20)
  })
  const tookMs: number[] = []
  for (let i = 0; i < 5; i++) {
    const socket = connect()
    socket.write(get('/stream'))
    await until(socket, 'last')
    tookMs.push(performance.now() - startMs.at(-1)!)
    socket.destroy()
  }
  // With Nagle's algorithm the second write would wait for the client's delayed acknowledgement each time: 40 ms at least.
  expect(Math.min(...tookMs)).toBeLessThan(35)
})

test('a stream that is ended without a byte is an empty answer', async () => {
  route('/empty', (reply) => {
    reply.begin(200, ['x-a', 'b'])
    reply.end()
  })
  const { text } = await answersTo(at.port, [get('/empty'), get('/empty')])
  expect(statusesOf(text)).toEqual([200, 200])
  expect(text).toContain('Content-Length: 0')
})

test('a stream asked for with HEAD sends its head alone', async () => {
  route('/stream', (reply) => {
    reply.begin(200, [])
    reply.write('data')
    reply.end()
  })
  const { text } = await answersTo(at.port, [`HEAD /stream HTTP/1.1\r\n${auth}\r\n`, get('/stream')])
  expect(statusesOf(text)).toEqual([200, 200])
  expect(text.indexOf('data')).toBeGreaterThan(text.lastIndexOf('HTTP/1.1'))
})

test('an aborted answer is cut without a clean end, and its handler is not told', async () => {
  route('/abort', (reply) => {
    reply.begin(200, [])
    reply.write('x')
    setTimeout(() => reply.abort(), 10)
  })
  const { text, closed } = await talk(at.port, [get('/abort')], 10_000)
  expect(closed).toBe(true)
  expect(text).not.toContain('0\r\n\r\n')
  expect(at.handler.gone).toBe(0)
  expect(at.server.openRequests).toBe(0)
})

test('a client that leaves is told once, and everything after is a no-op', async () => {
  let reply: Reply | undefined
  route('/hang', (theirs) => {
    reply = theirs
  })
  const socket = connect()
  socket.write(get('/hang'))
  await expect.poll(() => reply).toBeDefined()
  socket.destroy()
  await expect.poll(() => reply?.gone).toBe(true)
  reply!.send(200, [], 'late')
  reply!.begin(200, [])
  expect(reply!.write('late')).toBe('gone')
  reply!.end()
  reply!.abort()
  expect(at.handler.gone).toBe(1)
  expect(at.server.openRequests).toBe(0)
})

test('a slow reader gets every byte, and the writer is told when to stop and to go on (wire 12)', async () => {
  const total = 24 << 20
  const chunk = Buffer.alloc(64 << 10, 'Z')
  let fullCount = 0
  route('/big', (reply) => {
    let sent = 0
    const pump = () => {
      while (sent < total) {
        sent += chunk.length
        if (reply.write(chunk) === 'full') {
          fullCount++
          return
        }
      }
      reply.end()
    }
    reply.onWritable = pump
    reply.begin(200, [])
    pump()
  })
  const socket = connect()
  socket.write(get('/big'))
  socket.pause()
  await pause(100)
  let received = 0
  socket.on('data', (data) => {
    received += countOfZ(data)
  })
  socket.resume()
  await expect.poll(() => received, { timeout: 10_000 }).toBe(total)
  expect(fullCount).toBeGreaterThan(0)
  socket.destroy()
})

test('what a full stream holds goes out although nothing more is written', async () => {
  const bytes = 8 << 20
  let writable = 0
  route('/once', (reply) => {
    reply.onWritable = () => writable++
    reply.begin(200, [])
    expect(reply.write(Buffer.alloc(bytes, 'Z'))).toBe('full')
  })
  const socket = connect()
  socket.write(get('/once'))
  socket.pause()
  await pause(50)
  let received = 0
  socket.on('data', (data) => {
    received += countOfZ(data)
  })
  socket.resume()
  await expect.poll(() => received, { timeout: 20_000 }).toBe(bytes)
  expect(writable).toBeGreaterThan(0)
  socket.destroy()
})

test('a large answer reaches a slow reader whole, and is open until it has', async () => {
  const size = 24 << 20
  route('/large', (reply) => {
    const answer = Buffer.alloc(size, 'Z')
    reply.send(200, [], answer)
    answer.fill('Y') // the caller may use its bytes again at once
  })
  const socket = connect()
  socket.write(get('/large'))
  socket.pause()
  await pause(100)
  expect(at.server.openRequests).toBe(1)
  let received = 0
  socket.on('data', (data) => {
    received += countOfZ(data)
  })
  socket.resume()
  await expect.poll(() => received, { timeout: 10_000 }).toBe(size)
  expect(at.server.openRequests).toBe(0)
  socket.write(get('/v1/echo'))
  await until(socket, 'Content-Length: 0')
  socket.destroy()
})

test.each(['large', 'stream'])('a reader that takes bytes at a fair pace is never cut: %s', async (how) => {
  const size = 48 << 20
  const chunk = Buffer.alloc(1 << 20, 'Z')
  route('/large', (reply) => {
    if (how === 'large') return reply.send(200, [], Buffer.alloc(size, 'Z'))
    let sent = 0
    const pump = () => {
      while (sent < size) {
        sent += chunk.length
        if (reply.write(chunk) === 'full') return
      }
      reply.end()
    }
    reply.onWritable = pump
    reply.begin(200, [])
    pump()
  })
  const socket = connect()
  socket.write(get('/large'))
  socket.pause()
  let received = 0
  let stopAt = 0
  socket.on('data', (data) => {
    received += countOfZ(data)
    if (received >= stopAt) socket.pause()
  })
  await expect.poll(() => at.server.openRequests).toBe(1)
  for (stopAt = 12 << 20; stopAt <= size; stopAt += 12 << 20) {
    await pause(30)
    clock.advance(8_000)
    expect(at.handler.gone).toBe(0)
    socket.resume()
    await expect.poll(() => received, { timeout: 30_000 }).toBeGreaterThanOrEqual(stopAt)
  }
  expect(received).toBe(size)
  socket.destroy()
})

test('a large answer that nobody takes is cut', async () => {
  route('/large', (reply) => reply.send(200, [], Buffer.alloc(24 << 20)))
  const socket = connect()
  socket.write(get('/large'))
  socket.pause()
  await expect.poll(() => at.server.openRequests).toBe(1)
  await pause(50)
  clock.advance(9_000)
  expect(at.server.openRequests).toBe(1)
  clock.advance(3_000)
  expect(at.server.openRequests).toBe(0)
  expect(at.handler.gone).toBe(1)
  socket.destroy()
})

test('a writer that goes on although the stream is full is cut at 256 KB more', async () => {
  let written = 0
  route('/rude', (reply) => {
    const chunk = Buffer.alloc(64 << 10)
    reply.begin(200, [])
    while (reply.write(chunk) === 'sent') {}
    while (reply.write(chunk) !== 'gone') written += chunk.length
  })
  const socket = connect()
  socket.write(get('/rude'))
  socket.pause()
  await expect.poll(() => at.handler.gone).toBe(1)
  expect(written).toBeGreaterThanOrEqual(256 << 10)
  // The kernel may take some of it meanwhile, at most what it holds for a connection.
  expect(written).toBeLessThanOrEqual((256 << 10) + (4 << 20))
  expect(at.server.openRequests).toBe(0)
  socket.destroy()
})

test('a reader that refuses bytes for more than 10 s within a minute is cut', async () => {
  let full = false
  route('/trickle', (reply) => {
    const chunk = Buffer.alloc(256 << 10)
    reply.begin(200, [])
    while (reply.write(chunk) === 'sent') {}
    full = true
  })
  const socket = connect()
  socket.write(get('/trickle'))
  socket.pause()
  await expect.poll(() => full).toBe(true)
  clock.advance(9_000)
  expect(at.handler.gone).toBe(0)
  clock.advance(3_000)
  expect(at.handler.gone).toBe(1)
  socket.destroy()
})

test('a body that drips in is cut at its deadline', async () => {
  const socket = connect()
  socket.write(`POST /v1/echo HTTP/1.1\r\n${auth}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n`)
  await pause(30)
  socket.write('{"a"')
  await expect.poll(() => at.server.openRequests).toBe(1)
  await pause(50)
  clock.advance(119_000)
  expect(at.server.openRequests).toBe(1)
  clock.advance(3_000)
  expect(at.server.openRequests).toBe(0)
  expect(at.handler.bodies).toEqual([])
  socket.destroy()
})

test('bodies of every size arrive byte for byte', async () => {
  for (const size of [0, 1, 4_095, 4_096, 4_097, 70_000, 300_000, 2_000_000]) {
    const sent = Buffer.alloc(size, 'abcdefghijk')
    let same: boolean | undefined
    route('/check', (reply, body, head) => {
      same = body.bytes.equals(sent)
      body.release()
      reply.send(200, jsonHeaders(head), '{}')
    })
    const { text } = await answersTo(at.port, [post('/check', sent.toString())])
    expect(statusesOf(text), `${size}`).toEqual([200])
    expect(same, `${size}`).toBe(true)
  }
})

test('bodies beyond the memory budget are refused with 503 and retry-after', async () => {
  const small = await startTestServer({ bodiesInFlightBytesMax: 16 << 10 })
  const held: Body[] = []
  small.handler.routes.set('/hold', (_head, body) => {
    held.push(body)
  })
  const socket = net.connect(small.port, '127.0.0.1')
  socket.write(post('/hold', 'a'.repeat(10_000)))
  await expect.poll(() => held.length).toBe(1)
  const refused = await answersTo(small.port, [post('/v1/echo', '{}')])
  expect(statusesOf(refused.text)).toEqual([503])
  expect(refused.text).toContain('retry-after: 1')
  held[0]!.release()
  const { text } = await answersTo(small.port, [post('/v1/echo', '{}')])
  expect(statusesOf(text)).toEqual([200])
  socket.destroy()
  small.server.close()
})

test('memory comes back from bodies that nobody finishes reading', async () => {
  const small = await startTestServer({ bodiesInFlightBytesMax: 16 << 10 })
  const chunked = `POST /v1/echo HTTP/1.1\r\n${auth}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n`
  const halfSent = `POST /v1/echo HTTP/1.1\r\n${auth}Content-Type: application/json\r\nContent-Length: 9000\r\n\r\n{`
  small.handler.onHeadHook = () => boom()
  expect(statusesOf((await answersTo(small.port, [`${chunked}0\r\n\r\n`])).text)).toEqual([500])
  small.handler.onHeadHook = (_head, reply) => void setTimeout(() => reply.send(408, [], ''), 20)
  expect(statusesOf((await answersTo(small.port, [halfSent])).text)).toEqual([408])
  small.handler.onHeadHook = undefined
  await talk(small.port, [halfSent], 300)
  await talk(small.port, [chunked], 300)
  await expect.poll(() => small.server.openRequests).toBe(0)
  const { text } = await answersTo(small.port, [post('/v1/echo', 'a'.repeat(9_000))])
  expect(statusesOf(text)).toEqual([200])
  small.server.close()
})

test('an early error leaves the connection usable, whatever the size of the unread body', async () => {
  const refused = `POST /nope HTTP/1.1\r\n${auth}Content-Length: 262144\r\n\r\n${'x'.repeat(262_144)}`
  const { text } = await answersTo(at.port, [refused, post('/v1/echo', '{"a":1}')])
  expect(statusesOf(text)).toEqual([404, 200])
  expect(text.endsWith('{"a":1}')).toBe(true)
})

test('an early error closes the connection only when the body is more than twice the limit', async () => {
  const refused = (bytes: number) =>
    talk(at.port, [`POST /nope HTTP/1.1\r\n${auth}Content-Length: ${bytes}\r\n\r\n`], 300)
  const [kept, closed] = [await refused(8 << 20), await refused((8 << 20) + 1)]
  expect([statusesOf(kept.text), statusesOf(closed.text)]).toEqual([[404], [404]])
  expect(kept.text).not.toContain('Connection: close')
  expect(closed.text).toContain('Connection: close')
})

const throwers: [string, () => void, number[]][] = [
  ['onHead', () => (at.handler.onHeadHook = boom), [500]],
  ['onBody', () => route('/fault', boom), [500]],
  [
    'onBody after the answer was begun',
    () =>
      route('/fault', (reply) => {
        reply.begin(200, [])
        boom()
      }),
    [500],
  ],
  [
    'onBody after the first byte',
    () =>
      route('/fault', (reply) => {
        reply.begin(200, [])
        reply.write('x')
        boom()
      }),
    [],
  ],
  [
    'onBody after the answer',
    () =>
      route('/fault', (reply) => {
        reply.send(200, [], '{}')
        boom()
      }),
    [200],
  ],
]

function boom(): never {
  throw new Error('a bug')
}

test.each(throwers)('a throw in %s costs one answer, and the server lives', async (_name, arm, statuses) => {
  arm()
  const { text } = await answersTo(at.port, [post('/fault', '{}')])
  expect(statusesOf(text).filter((status) => statuses.length > 0 || status !== 200)).toEqual(statuses)
  expect(at.notices.map((notice) => notice.type)).toEqual(['handler-threw'])
  at.handler.onHeadHook = undefined
  const next = await answersTo(at.port, [post('/v1/echo', '{}')])
  expect(statusesOf(next.text)).toEqual([200])
  expect(at.server.openRequests).toBe(0)
})

test.each(['onGone', 'onWritable'] as const)('a throw in %s is reported, and the server lives', async (hook) => {
  route('/fault', (reply) => {
    reply[hook] = boom
    reply.begin(200, [])
    reply.write(Buffer.alloc(8 << 20))
  })
  const socket = connect()
  socket.write(get('/fault'))
  socket.pause()
  await pause(60)
  if (hook === 'onGone') socket.destroy()
  else socket.resume()
  await expect.poll(() => at.notices.map((notice) => notice.type)).toEqual(['handler-threw'])
  socket.destroy()
  const next = await answersTo(at.port, [post('/v1/echo', '{}')])
  expect(statusesOf(next.text)).toEqual([200])
})

test('a throw while an error is printed still ends in an answer with the request id', async () => {
  at.handler.answerOf = boom
  const raw = `POST /v1/echo HTTP/1.1\r\n${auth}x-request-id: r-9\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}`
  const { text } = await answersTo(at.port, [raw])
  expect(statusesOf(text)).toEqual([500])
  expect(text).toContain('x-request-id: r-9')
})

test('after stopListening open requests finish, their connections close, and new ones are refused', async () => {
  let open: Reply | undefined
  route('/open', (reply) => {
    open = reply
    reply.begin(200, [])
    reply.write('first')
  })
  const streaming = connect()
  streaming.write(get('/open'))
  await until(streaming, 'first')
  const kept = connect()
  kept.write(get('/v1/echo'))
  await until(kept, '200 OK')
  at.server.stopListening()
  const afterDrain = until(kept, 'Connection: close')
  kept.write(get('/v1/echo'))
  await afterDrain
  await expect(talk(at.port, [get('/v1/echo')], 200)).resolves.toMatchObject({ text: '' })
  expect(at.server.openRequests).toBe(1)
  const rest = until(streaming, '0\r\n\r\n')
  open!.write('last')
  open!.end()
  expect(await rest).toContain('last')
  expect(at.server.openRequests).toBe(0)
  streaming.destroy()
  kept.destroy()
})

test('close cuts what is open and tells its handlers', async () => {
  route('/hang', () => {})
  const socket = connect()
  socket.write(get('/hang'))
  await expect.poll(() => at.server.openRequests).toBe(1)
  at.server.close()
  expect(at.handler.gone).toBe(1)
  expect(at.server.openRequests).toBe(0)
})

test('a port is shared unless it is held exclusively', async () => {
  // A port of the system's choice is never shared, so both are asked for by number.
  const [shared, held] = [await freePort(Math.random), await freePort(Math.random)]
  const first = await startTestServer({ port: shared })
  const second = await startTestServer({ port: shared })
  expect(second.port).toBe(first.port)
  const third = await startTestServer({ port: held, exclusivePort: true })
  await expect(startTestServer({ port: held, exclusivePort: true })).rejects.toThrow('cannot listen')
  await expect(startTestServer({ port: held })).rejects.toThrow('cannot listen')
  for (const { server } of [first, second, third]) server.close()
})

test('no order of writes, ends, aborts and a client that leaves brings the server down', async () => {
  const step = fc.constantFrom('begin', 'write', 'big', 'end', 'send', 'send large', 'abort', 'leave', 'wait', 'throw')
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
      let finished = false
      route('/any', async (reply) => {
        for (const step of steps) {
          try {
            await perform(step, reply)
          } catch {
            // A wrong order is an assertion of ours; what matters is that it is one, and not the end of the process.
          }
        }
        reply.abort()
        finished = true
      })
      const socket = connect()
      const leave = () => socket.destroy()
      async function perform(step: (typeof steps)[number], reply: Reply): Promise<void> {
        if (step === 'begin') reply.begin(200, ['x-a', 'b'])
        if (step === 'write') reply.write('x')
        if (step === 'big') reply.write(Buffer.alloc(1 << 20))
        if (step === 'end') reply.end()
        if (step === 'send') reply.send(200, [], 'x')
        if (step === 'send large') reply.send(200, [], Buffer.alloc(8 << 20))
        if (step === 'abort') reply.abort()
        if (step === 'leave') leave()
        if (step === 'wait') await pause(1)
        if (step === 'throw') throw new Error('a bug')
      }
      socket.write(get('/any'))
      await expect.poll(() => finished, { interval: 1 }).toBe(true)
      socket.destroy()
      await expect.poll(() => at.server.openRequests, { interval: 1 }).toBe(0)
    }),
    { numRuns: 150 },
  )
  const { text } = await answersTo(at.port, [post('/v1/echo', '{}')])
  expect(statusesOf(text)).toEqual([200])
})
