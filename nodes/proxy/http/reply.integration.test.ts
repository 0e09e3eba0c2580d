// One response through everything that can happen to it: streams, HEAD, aborts, clients that leave, and any order of calls.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { busyness } from '../../../shared/test-load.ts'
import type { Reply } from './http.ts'
import { answersTo, statusesOf, talk, until } from './raw-client.ts'
import { auth, get, pause, post, serverPerTest } from './test-connection.ts'

const at = serverPerTest()

test('a stream arrives piece by piece, with its head before the first', async () => {
  at.route('/stream', (reply) => {
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
  at.route('/stream', (reply) => {
    reply.begin(200, [])
    setTimeout(() => {
      startMs.push(performance.now())
      for (const piece of ['a', 'b', 'c', 'last']) reply.write(piece)
    }, 20)
  })
  const tookMs: number[] = []
  for (let i = 0; i < 5; i++) {
    const socket = at.connect()
    socket.write(get('/stream'))
    await until(socket, 'last')
    tookMs.push(performance.now() - startMs.at(-1)!)
    socket.destroy()
  }
  // With Nagle's algorithm the second write would wait for the client's delayed acknowledgement each time: 40 ms at least.
  expect(Math.min(...tookMs)).toBeLessThan(35 * busyness())
})

test('a stream that is ended without a byte is an empty answer', async () => {
  at.route('/empty', (reply) => {
    reply.begin(200, ['x-a', 'b'])
    reply.end()
  })
  const { text } = await answersTo(at.port, [get('/empty'), get('/empty')])
  expect(statusesOf(text)).toEqual([200, 200])
  expect(text).toContain('Content-Length: 0')
})

test('a stream asked for with HEAD sends its head alone', async () => {
  at.route('/stream', (reply) => {
    reply.begin(200, [])
    reply.write('data')
    reply.end()
  })
  const { text } = await answersTo(at.port, [`HEAD /stream HTTP/1.1\r\n${auth}\r\n`, get('/stream')])
  expect(statusesOf(text)).toEqual([200, 200])
  expect(text.indexOf('data')).toBeGreaterThan(text.lastIndexOf('HTTP/1.1'))
})

test('an aborted answer is cut without a clean end, and its handler is not told', async () => {
  at.route('/abort', (reply) => {
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
  at.route('/hang', (theirs) => {
    reply = theirs
  })
  const socket = at.connect()
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

test('no order of writes, ends, aborts and a client that leaves brings the server down', async () => {
  const step = fc.constantFrom('begin', 'write', 'big', 'end', 'send', 'send large', 'abort', 'leave', 'wait', 'throw')
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
      let finished = false
      at.route('/any', async (reply) => {
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
      const socket = at.connect()
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
