// What every answer of a control or an ops port says, and what no request may say.
import { type AddressInfo, connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '../../shared/clock.ts'
import { openHttpPort } from './http-port.ts'

const served: string[] = []
const { server } = openHttpPort({
  name: 'the port of the test',
  openMax: 64,
  reserveMax: 2,
  clock: systemClock,
  serve: (incoming, outgoing) => {
    served.push(incoming.url ?? '')
    outgoing.writeHead(200, { 'content-type': 'text/plain' }).end('served')
  },
})
let port = 0
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
afterAll(() => server.close())

function bytes(text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.end(text, 'latin1'))
    let got = ''
    socket.setEncoding('latin1').on('data', (chunk) => {
      got += chunk
    })
    socket.on('error', () => {}).on('close', () => resolve(got))
  })
}

test.each([
  ['a valid name', 'GET /a HTTP/1.1\r\nHost: gate:80\r\n\r\n', 200],
  ['HTTP/1.0 without a name', 'GET /a HTTP/1.0\r\n\r\n', 200],
  ['an expectation', 'GET /b HTTP/1.1\r\nHost: gate\r\nExpect: more\r\n\r\n', 417],
  ['no name', 'GET /b HTTP/1.1\r\n\r\n', 400],
])('%s has an answer that no browser reads as another type', async (_what, text, status) => {
  const got = await bytes(text)
  expect(got).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
  expect(got.toLowerCase()).toContain('\r\nx-content-type-options: nosniff\r\n')
  expect(got.toLowerCase()).not.toContain('strict-transport-security')
  expect(served).not.toContain('/b')
})

test.each([
  ...['', ' ', 'a b', 'a,b', 'user@a', 'a/b', 'a:99999', 'a:', '[::1', '::1', '*', 'http://a', 'a\xe9', '127.0.1'].map(
    (host) => [`the host ${JSON.stringify(host)}`, `Host: ${host}\r\n`],
  ),
  ['two hosts', 'Host: a\r\nHost: a\r\n'],
  ['two hosts that differ', 'Host: a\r\nhost: b\r\n'],
])('%s is 400, and the connection closes', async (_what, headers) => {
  const before = served.length
  const got = await bytes(`GET /livez HTTP/1.1\r\n${headers}\r\nGET /livez HTTP/1.1\r\nHost: a\r\n\r\n`)
  expect(got).toMatch(/^HTTP\/1\.1 400 [\s\S]*connection: close[\s\S]*urn:headgate:problem:bad-framing/i)
  expect(got.match(/HTTP\/1\.1 /g)).toHaveLength(1)
  expect(served.length).toBe(before)
})

test('a control byte in the host is no HTTP: the connection closes without an answer', async () => {
  const before = served.length
  expect(await bytes('GET /livez HTTP/1.1\r\nHost: a\x01b\r\n\r\n')).toBe('')
  expect(served.length).toBe(before)
})
