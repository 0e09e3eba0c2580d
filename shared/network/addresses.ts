// Which addresses are not public, and which belong to metadata services. An IPv6 address can contain an IPv4 address that a
// relay or a translator sends the packets to (6to4, Teredo, NAT64 …). Such an address is judged by what it contains as well.
import { BlockList, isIP } from 'node:net'

/** `address` is an IPv4 or IPv6 address as text. Whatever is not globally routable counts as private. */
export function isPrivateAddress(address: string): boolean {
  return isBlocked(privateRanges, address)
}

/** Whether an address belongs to a service that hands out credentials of the machine or its network to whoever asks. */
export function isMetadataAddress(address: string): boolean {
  return isBlocked(metadataRanges, address)
}

function isBlocked(ranges: BlockList, address: string): boolean {
  const family = isIP(address)
  if (family === 4) return ranges.check(address, 'ipv4')
  if (family === 0) return false
  return ranges.check(address, 'ipv6') || containedIPv4(address).some((contained) => ranges.check(contained, 'ipv4'))
}

/** The IPv4 addresses to which packets for an IPv6 address may be sent on. */
function containedIPv4(address: string): string[] {
  const groups = groupsOf(address)
  return containers.flatMap(({ prefix, at }) => (hasPrefix(groups, prefix) ? at(groups) : []))
}

interface Container {
  readonly prefix: readonly number[]
  readonly at: (groups: readonly number[]) => string[]
}

const last = (groups: readonly number[]) => [ipv4(groups[6], groups[7])]

const containers: readonly Container[] = [
  // IPv4-compatible, IPv4-mapped, and IPv4-translated addresses (RFC 4291 section 2.5.5, RFC 2765 section 2.1).
  { prefix: [0, 0, 0, 0, 0, 0], at: last },
  { prefix: [0, 0, 0, 0, 0, 0xffff], at: last },
  { prefix: [0, 0, 0, 0, 0xffff, 0], at: last },
  // NAT64: the well-known prefix (RFC 6052), and the one for networks of one's own (RFC 8215) with each length that fits.
  { prefix: [0x64, 0xff9b, 0, 0, 0, 0], at: last },
  {
    prefix: [0x64, 0xff9b, 1],
    at: (groups) => [
      ...last(groups),
      // With 48, 56 and 64 bits of prefix the octet behind bit 64 is skipped.
      ipv4(groups[3], bytes(groups[4], groups[5])),
      ipv4(bytes(groups[3], groups[4]), groups[5]),
      ipv4(bytes(groups[4], groups[5]), bytes(groups[5], groups[6])),
    ],
  },
  // 6to4 (RFC 3056).
  { prefix: [0x2002], at: (groups) => [ipv4(groups[1], groups[2])] },
  // Teredo (RFC 4380): the server, and the client with every bit inverted.
  {
    prefix: [0x2001, 0],
    at: (groups) => [ipv4(groups[2], groups[3]), ipv4(inverted(groups[6]), inverted(groups[7]))],
  },
  // ISATAP (RFC 5214) stands behind any prefix.
  { prefix: [], at: (groups) => (((groups[4] ?? 0) & 0xfdff) === 0 && groups[5] === 0x5efe ? last(groups) : []) },
]

function hasPrefix(groups: readonly number[], prefix: readonly number[]): boolean {
  return prefix.every((group, i) => groups[i] === group)
}

/** The last octet of one group and the first of the next one. */
function bytes(group = 0, next = 0): number {
  return ((group & 0xff) << 8) | (next >> 8)
}

function inverted(group = 0): number {
  return ~group & 0xffff
}

function ipv4(high = 0, low = 0): string {
  return `${high >> 8}.${high & 0xff}.${low >> 8}.${low & 0xff}`
}

/** The eight groups of a valid IPv6 address. */
function groupsOf(address: string): number[] {
  // The URL parser writes an address in one form. It takes no zone (`%eth0`), which says nothing about the address.
  const bare = new URL(`http://[${address.replace(/%.*$/, '')}]`).hostname.slice(1, -1)
  const [before = '', after] = bare.split('::')
  const head = hexGroups(before)
  if (after === undefined) return head
  const tail = hexGroups(after)
  return [...head, ...Array<number>(8 - head.length - tail.length).fill(0), ...tail]
}

function hexGroups(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16))
}

function rangesOf(subnets: readonly string[]): BlockList {
  const list = new BlockList()
  for (const subnet of subnets) {
    const [address = '', bits = ''] = subnet.split('/')
    list.addSubnet(address, Number(bits), isIP(address) === 4 ? 'ipv4' : 'ipv6')
  }
  return list
}

const azurePlatform = '168.63.129.16/32'

// https://www.iana.org/assignments/iana-ipv4-special-registry and iana-ipv6-special-registry. The prefixes of relays and
// translators are among them whatever they contain, and so is the address of the Azure platform, which is public in form only.
const privateRanges = rangesOf([
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  azurePlatform,
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
  '::/96',
  '::ffff:0:0:0/96',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '100::/64',
  '2001::/32',
  '2001:2::/48',
  '2001:10::/28',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
  '5f00::/16',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
])

const metadataRanges = rangesOf([
  // AWS, Azure, Google and others on 169.254.169.254; DNS and credentials of containers beside it; Scaleway, Tencent.
  '169.254.0.0/16',
  'fe80::a9fe:a9fe/128', // OpenStack, Linode
  'fd00:ec2::/32', // AWS
  'fd20:ce::254/128', // Google Cloud
  azurePlatform,
  '192.0.0.192/32', // Oracle Cloud
  'fd00:c1::a9fe:a9fe/128', // Oracle Cloud
  '100.100.100.200/32', // Alibaba Cloud
  'fd00:42::42/128', // Scaleway
])
