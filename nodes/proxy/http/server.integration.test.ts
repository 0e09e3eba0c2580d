// The listener of the server: how it stops, and who may share its port.
import { expect, test } from 'vitest'
import { freePort } from '../../../shared/free-ports.ts'
import type { Reply } from './http.ts'
import { talk, until } from './raw-client.ts'
import { get, serverPerTest } from './test-connection.ts'
import { startTestServer } from './test-handler.ts'

const at = serverPerTest()

test('after stopListening open requests finish, their connections close, and new ones are refused', async () => {
  let open: Reply | undefined
  at.route('/open', (reply) => {
    open = reply
    reply.begin(200, [])
    reply.write('first')
  })
  const streaming = at.connect()
  streaming.write(get('/open'))
  await until(streaming, 'first')
  const kept = at.connect()
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
  at.route('/hang', () => {})
  const socket = at.connect()
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
