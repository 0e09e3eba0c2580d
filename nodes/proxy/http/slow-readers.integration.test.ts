// Clients that read slowly or not at all: what they are owed arrives, the writer is told to wait, and who takes nothing is cut.
import { expect, test } from 'vitest'
import { until } from './raw-client.ts'
import { countOfZ, get, pause, serverPerTest } from './test-connection.ts'

const at = serverPerTest()

test('a slow reader gets every byte, and the writer is told when to stop and to go on (wire 12)', async () => {
  const total = 24 << 20
  const chunk = Buffer.alloc(64 << 10, 'Z')
  let fullCount = 0
  at.route('/big', (reply) => {
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
  const socket = at.connect()
  socket.write(get('/big'))
  socket.pause()
  await pause(100)
  let received = 0
  socket.on('data', (data) => {
    received += countOfZ(data)
  })
  socket.resume()
  await expect.poll(() => received, { timeout: 60_000 }).toBe(total)
  expect(fullCount).toBeGreaterThan(0)
  socket.destroy()
})

test('what a full stream holds goes out although nothing more is written', async () => {
  const bytes = 8 << 20
  let writable = 0
  at.route('/once', (reply) => {
    reply.onWritable = () => writable++
    reply.begin(200, [])
    expect(reply.write(Buffer.alloc(bytes, 'Z'))).toBe('full')
  })
  const socket = at.connect()
  socket.write(get('/once'))
  socket.pause()
  await pause(50)
  let received = 0
  socket.on('data', (data) => {
    received += countOfZ(data)
  })
  socket.resume()
  await expect.poll(() => received, { timeout: 60_000 }).toBe(bytes)
  expect(writable).toBeGreaterThan(0)
  socket.destroy()
})

test('a large answer reaches a slow reader whole, and is open until it has', async () => {
  const size = 24 << 20
  at.route('/large', (reply) => {
    const answer = Buffer.alloc(size, 'Z')
    reply.send(200, [], answer)
    answer.fill('Y') // the caller may use its bytes again at once
  })
  const socket = at.connect()
  socket.write(get('/large'))
  socket.pause()
  await pause(100)
  expect(at.server.openRequests).toBe(1)
  let received = 0
  socket.on('data', (data) => {
    received += countOfZ(data)
  })
  socket.resume()
  await expect.poll(() => received, { timeout: 60_000 }).toBe(size)
  expect(at.server.openRequests).toBe(0)
  socket.write(get('/v1/echo'))
  await until(socket, 'Content-Length: 0')
  socket.destroy()
})

test.each(['large', 'stream'])('a reader that takes bytes at a fair pace is never cut: %s', async (how) => {
  const size = 48 << 20
  const chunk = Buffer.alloc(1 << 20, 'Z')
  at.route('/large', (reply) => {
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
  const socket = at.connect()
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
    at.clock.advance(8_000)
    expect(at.handler.gone).toBe(0)
    socket.resume()
    await expect.poll(() => received, { timeout: 60_000 }).toBeGreaterThanOrEqual(stopAt)
  }
  expect(received).toBe(size)
  socket.destroy()
})

test('a large answer that nobody takes is cut', async () => {
  at.route('/large', (reply) => reply.send(200, [], Buffer.alloc(24 << 20)))
  const socket = at.connect()
  socket.write(get('/large'))
  socket.pause()
  await expect.poll(() => at.server.openRequests).toBe(1)
  await pause(50)
  at.clock.advance(9_000)
  expect(at.server.openRequests).toBe(1)
  at.clock.advance(3_000)
  expect(at.server.openRequests).toBe(0)
  expect(at.handler.gone).toBe(1)
  socket.destroy()
})

test('a writer that goes on although the stream is full is cut at 256 KB more', async () => {
  let written = 0
  at.route('/rude', (reply) => {
    const chunk = Buffer.alloc(64 << 10)
    reply.begin(200, [])
    while (reply.write(chunk) === 'sent') {}
    while (reply.write(chunk) !== 'gone') written += chunk.length
  })
  const socket = at.connect()
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
  at.route('/trickle', (reply) => {
    const chunk = Buffer.alloc(256 << 10)
    reply.begin(200, [])
    while (reply.write(chunk) === 'sent') {}
    full = true
  })
  const socket = at.connect()
  socket.write(get('/trickle'))
  socket.pause()
  await expect.poll(() => full).toBe(true)
  at.clock.advance(9_000)
  expect(at.handler.gone).toBe(0)
  at.clock.advance(3_000)
  expect(at.handler.gone).toBe(1)
  socket.destroy()
})
