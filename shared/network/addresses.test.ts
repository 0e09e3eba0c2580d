import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isMetadataAddress, isPrivateAddress } from './addresses.ts'

const hex = (ipv4: string) => {
  const [a = 0, b = 0, c = 0, d = 0] = ipv4.split('.').map(Number)
  return [((a << 8) | b).toString(16), ((c << 8) | d).toString(16)] as const
}
const inverted = (ipv4: string) =>
  hex(
    ipv4
      .split('.')
      .map((byte) => String(255 - Number(byte)))
      .join('.'),
  )

/** Every form of IPv6 address that contains an IPv4 address. */
const forms: readonly [string, (ipv4: string) => string][] = [
  ['IPv4-mapped', (ip) => `::ffff:${ip}`],
  ['IPv4-mapped, in hex', (ip) => `::ffff:${hex(ip).join(':')}`],
  ['IPv4-compatible', (ip) => `::${ip}`],
  ['IPv4-translated', (ip) => `::ffff:0:${ip}`],
  ['NAT64', (ip) => `64:ff9b::${ip}`],
  ['NAT64 of the network, 96 bits', (ip) => `64:ff9b:1::${ip}`],
  [
    'NAT64 of the network, 48 bits',
    (ip) =>
      `64:ff9b:1:${hex(ip)[0]}:00${hex(ip)[1].padStart(4, '0').slice(0, 2)}:${hex(ip)[1].padStart(4, '0').slice(2)}00::`,
  ],
  ['6to4', (ip) => `2002:${hex(ip).join(':')}::1`],
  ['a Teredo client', (ip) => `2001:0:808:808:8000:f227:${inverted(ip).join(':')}`],
  ['a Teredo server', (ip) => `2001:0:${hex(ip).join(':')}:8000:f227:f7f7:f7f7`],
  ['ISATAP', (ip) => `2606:4700::5efe:${ip}`],
  ['ISATAP of a public address', (ip) => `2606:4700::200:5efe:${ip}`],
]

const metadata = ['169.254.169.254', '169.254.170.2', '168.63.129.16', '192.0.0.192', '100.100.100.200']

describe.each(forms)('a metadata address as %s', (_name, form) => {
  test.each(metadata)('%s is one', (ipv4) => {
    expect(isMetadataAddress(form(ipv4))).toBe(true)
    expect(isPrivateAddress(form(ipv4))).toBe(true)
  })

  test('that of another machine is none', () => expect(isMetadataAddress(form('93.184.216.34'))).toBe(false))
})

test.each(forms)('private addresses as %s are private', (_name, form) => {
  for (const ipv4 of ['10.0.0.1', '127.0.0.1', '192.168.1.1', '172.16.0.1', '0.0.0.0', '100.64.0.1']) {
    expect(isPrivateAddress(form(ipv4))).toBe(true)
  }
})

test.each([
  ...metadata,
  'fd00:ec2::254',
  'fd00:ec2::23',
  'fd20:ce::254',
  'FD20:CE:0:0:0:0:0:254',
  'fd00:c1::a9fe:a9fe',
  'fd00:42::42',
  'fe80::a9fe:a9fe',
  'fe80::a9fe:a9fe%eth0',
])('%s is the address of a metadata service, and not public', (address) => {
  expect([isMetadataAddress(address), isPrivateAddress(address)]).toEqual([true, true])
})

test.each(['127.0.0.1', '10.0.0.5', '192.0.0.191', '100.100.100.201', 'fd20:ce::253', 'fe80::1%2', '::1', '::'])(
  '%s is private and no metadata service',
  (address) => expect([isMetadataAddress(address), isPrivateAddress(address)]).toEqual([false, true]),
)

test.each([
  '1.1.1.1',
  '8.8.8.8',
  '168.63.129.17',
  '172.32.0.1',
  '2606:4700::1',
  '2a00:1450:4001:81b::200e',
  '::ffff:8.8.8.8',
])('%s is public', (address) => expect([isMetadataAddress(address), isPrivateAddress(address)]).toEqual([false, false]))

test.each(['6to4', 'Teredo', 'NAT64'])(
  'a public address behind %s counts as private: a relay stands between',
  (kind) => {
    const [, form] = forms.find(([name]) => name.includes(kind)) ?? ['', String]
    expect(isPrivateAddress(form('8.8.8.8'))).toBe(true)
  },
)

test('what is no address is neither', () => {
  for (const text of ['', 'localhost', '1.2.3', '2130706433', '[::1]', ':::']) {
    expect([isMetadataAddress(text), isPrivateAddress(text)]).toEqual([false, false])
  }
})

test('no form of an address escapes the verdict of the IPv4 address in it', () => {
  fc.assert(
    fc.property(fc.ipV4(), fc.constantFrom(...forms), (ipv4, [, form]) => {
      expect(isMetadataAddress(form(ipv4)) || !isMetadataAddress(ipv4)).toBe(true)
      expect(isPrivateAddress(form(ipv4)) || !isPrivateAddress(ipv4)).toBe(true)
    }),
  )
})
