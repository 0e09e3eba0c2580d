import { expect, test } from 'vitest'
import { addressOf, parseNatsServers } from './nats-servers.ts'

const parse = (addresses: string[], hasCredentials = true) => parseNatsServers(addresses, { hasCredentials })

test.each([
  ['127.0.0.1:4333', { host: '127.0.0.1', port: 4333, tls: false }],
  ['nats://localhost', { host: 'localhost', port: 4222, tls: false }],
  ['nats://localhost:80/', { host: 'localhost', port: 80, tls: false }],
  ['tls://nats.example.com:4443', { host: 'nats.example.com', port: 4443, tls: true }],
  ['nats://[::1]:4222', { host: '::1', port: 4222, tls: false }],
])('%s is a server', (address, server) => {
  expect(parse([address])).toEqual({ ok: true, value: [server] })
})

test.each([
  '',
  'http://localhost:4222',
  'nats://',
  'nats://localhost:99999',
  'nats://localhost/x',
  'ws://localhost',
  'a b',
])('"%s" is no server', (address) => {
  expect(parse([address]).ok).toBe(false)
})

test('an address with a password is refused, and the refusal does not repeat it', () => {
  const refused = parse(['nats://somebody:hunter2@localhost:4222'])
  expect(refused).toMatchObject({ ok: false, error: expect.stringContaining('HEADGATE_NATS_CREDS') })
  expect(JSON.stringify(refused)).not.toMatch(/hunter2|somebody/)
})

test('without credentials every server has to be of this machine', () => {
  expect(parse(['127.0.0.1:1', 'localhost:2', '[::1]:3'], false).ok).toBe(true)
  expect(parse(['127.0.0.1:1', '10.0.0.5:2'], false)).toMatchObject({
    ok: false,
    error: expect.stringContaining('10.0.0.5'),
  })
})

test('an address of six is bracketed before its port', () => {
  expect(addressOf({ host: '::1', port: 4222, tls: false })).toBe('[::1]:4222')
})
