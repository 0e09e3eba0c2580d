import { expect, test } from 'vitest'
import { inNetworks, parseNetwork } from './networks.ts'

test.each([
  ['10.0.0.0/8', '10.255.0.1', '11.0.0.1'],
  ['10.0.0.5', '10.0.0.5', '10.0.0.6'],
  ['0.0.0.0/0', '203.0.113.9', '2001:db8::1'],
  ['fd00::/8', 'fd12::1', 'fe80::1'],
  ['::1', '0:0:0:0:0:0:0:1', '::2'],
])('%s has %s in it, and not %s', (text, inside, outside) => {
  const network = parseNetwork(text)
  const isInside = inNetworks(network === undefined ? [] : [network])
  expect([inside, outside, 'a.name', ''].map(isInside)).toEqual([true, false, false, false])
})

test.each([
  '',
  '10.0.0.0/',
  '/8',
  '10.0.0.0/33',
  '10.0.0.0/-1',
  '10.0.0.0/8.5',
  '10.0.0.0/8/8',
  '10.0.0.0/ 8',
  '10.0.0',
])('%j is no network', (text) => expect(parseNetwork(text)).toBeUndefined())

test.each(['fd00::/129', 'fe80::1%eth0', 'proxy.internal', 'proxy.internal/8', '*'])('%s is no network', (text) =>
  expect(parseNetwork(text)).toBeUndefined(),
)
