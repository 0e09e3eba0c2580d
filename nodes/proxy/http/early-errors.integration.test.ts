// Errors that this room answers itself: requests whose body is never read, and handlers that throw.
import { expect, test } from 'vitest'
import { answersTo, statusesOf, talk } from './raw-client.ts'
import { auth, boom, get, pause, post, serverPerTest } from './test-connection.ts'

const at = serverPerTest()

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
  ['onBody', () => at.route('/fault', boom), [500]],
  [
    'onBody after the answer was begun',
    () =>
      at.route('/fault', (reply) => {
        reply.begin(200, [])
        boom()
      }),
    [500],
  ],
  [
    'onBody after the first byte',
    () =>
      at.route('/fault', (reply) => {
        reply.begin(200, [])
        reply.write('x')
        boom()
      }),
    [],
  ],
  [
    'onBody after the answer',
    () =>
      at.route('/fault', (reply) => {
        reply.send(200, [], '{}')
        boom()
      }),
    [200],
  ],
]

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
  at.route('/fault', (reply) => {
    reply[hook] = boom
    reply.begin(200, [])
    reply.write(Buffer.alloc(8 << 20))
  })
  const socket = at.connect()
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
