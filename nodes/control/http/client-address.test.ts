import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { ClientAddresses } from './client-address.ts'

const request = (remoteAddress: string, headers: Record<string, string>) =>
  ({ socket: { remoteAddress }, headers }) as unknown as IncomingMessage

test('a forwarded address counts only when a trusted proxy says it', () => {
  const forwarded = { 'x-forwarded-for': '1.1.1.1, 203.0.113.9, 10.0.0.7', 'x-forwarded-proto': 'https' }
  const addresses = new ClientAddresses(['10.0.0.0/8'])
  expect(addresses.of(request('::ffff:10.0.0.2', forwarded))).toEqual({ ip: '203.0.113.9', secure: true })
  expect(addresses.of(request('198.51.100.4', forwarded))).toEqual({ ip: '198.51.100.4', secure: false })
})

test('words among the trusted proxies are not addresses and trust nobody', () => {
  const addresses = new ClientAddresses(['everyone', '', '::1'])
  expect(addresses.of(request('127.0.0.1', { 'x-forwarded-for': '1.1.1.1' })).ip).toBe('127.0.0.1')
  expect(addresses.of(request('::1', { 'x-forwarded-for': '1.1.1.1' })).ip).toBe('1.1.1.1')
})

test.each([
  ['a port', '1.1.1.1, 203.0.113.9:5555', '203.0.113.9'],
  ['a port behind IPv6', '1.1.1.1, [2001:db8::9]:5555', '2001:db8::9'],
  ['IPv6 in brackets', '1.1.1.1, [2001:db8::9]', '2001:db8::9'],
  ['an IPv4 address within IPv6', '1.1.1.1, ::ffff:203.0.113.9', '203.0.113.9'],
  ['a word', '1.1.1.1, unknown', '10.0.0.2'],
  ['nothing', '1.1.1.1,', '10.0.0.2'],
  ['a proxy of ours behind it', '1.1.1.1, unknown, 10.0.0.7', '10.0.0.2'],
])('a hop with %s hides no invented one: %s is %s', (_what, header, ip) => {
  const addresses = new ClientAddresses(['10.0.0.0/8'])
  expect(addresses.of(request('10.0.0.2', { 'x-forwarded-for': header })).ip).toBe(ip)
})

test('a network without the length of its prefix is not every address', () => {
  const addresses = new ClientAddresses(['10.0.0.0/'])
  expect(addresses.of(request('203.0.113.9', { 'x-forwarded-for': '1.1.1.1' })).ip).toBe('203.0.113.9')
})
