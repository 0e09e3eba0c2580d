// Where a provider may live. A base URL is http or https without credentials in it; under strict egress it is a public
// address over https. A host name can point anywhere by the time it is called, so the upstream leg asks
// `isPrivateAddress` again about the address that it resolved.
import { BlockList, isIP } from 'node:net'

// Ports of services that take HTTP for something else and might act on it.
const foreignPorts = new Set(['22', '23', '25', '110', '143', '465', '587', '993', '995', '6379', '11211'])

/** The problem in the form of a base URL. */
export function baseUrlProblem(text: string): string | undefined {
  const problem = urlProblem(text)
  if (problem !== undefined) return problem
  return text.includes('?') || text.includes('#') ? 'a base URL has no query and no fragment' : undefined
}

/** The problem in the form of any URL that is called. */
export function urlProblem(text: string): string | undefined {
  if (!/^https?:\/\//i.test(text)) return 'expected an http:// or https:// URL'
  if (/[\s\\\p{Cc}]/u.test(text) || !URL.canParse(text)) return 'this is not a URL'
  const url = new URL(text)
  if (url.username !== '' || url.password !== '' || /^[^/]*\/\/[^/?#]*@/.test(text)) {
    return 'a URL here has no user and no password: a secret belongs into credentials'
  }
  if (foreignPorts.has(url.port)) return `port ${url.port} is not one of HTTP`
  return undefined
}

/** Why a well-formed URL may not be called. The addresses of cloud metadata services hand out credentials, so they
 *  need `allowPrivate` even where other private addresses do not. */
export function egressProblem(text: string, rules: { strict: boolean; allowPrivate: boolean }): string | undefined {
  if (rules.allowPrivate || urlProblem(text) !== undefined) return undefined
  const url = new URL(text)
  const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')
  if (isMetadataHost(host)) return 'this is the address of a metadata service: set allowPrivate if you mean it'
  if (!rules.strict) return undefined
  if (isPrivateHost(host)) return 'private addresses need allowPrivate under strict egress'
  if (url.protocol === 'http:') return 'plain http needs allowPrivate under strict egress'
  return undefined
}

/** `address` is an IPv4 or IPv6 address as text. Whatever is not globally routable counts as private. */
export function isPrivateAddress(address: string): boolean {
  return isBlocked(privateRanges, address)
}

/** Whether an address belongs to a service that hands out credentials of the machine or its network to whoever asks. */
export function isMetadataAddress(address: string): boolean {
  return isBlocked(metadataRanges, address)
}

function isPrivateHost(host: string): boolean {
  if (isIP(host) !== 0) return isPrivateAddress(host)
  return host === 'localhost' || !host.includes('.') || /\.(localhost|local|internal|lan|home\.arpa)$/.test(host)
}

function isMetadataHost(host: string): boolean {
  if (isIP(host) !== 0) return isMetadataAddress(host)
  return host === 'metadata' || host === 'metadata.google.internal'
}

/** `check` judges an IPv4 address that is mapped into IPv6 by the IPv4 rules. */
function isBlocked(ranges: BlockList, address: string): boolean {
  const family = isIP(address)
  if (family === 0) return false
  return ranges.check(address, family === 4 ? 'ipv4' : 'ipv6')
}

function ranges(subnets: readonly string[]): BlockList {
  const list = new BlockList()
  for (const subnet of subnets) {
    const [address = '', bits = ''] = subnet.split('/')
    list.addSubnet(address, Number(bits), isIP(address) === 4 ? 'ipv4' : 'ipv6')
  }
  return list
}

// https://www.iana.org/assignments/iana-ipv4-special-registry and iana-ipv6-special-registry.
const privateRanges = ranges([
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
  '::/96',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '100::/64',
  '2001:db8::/32',
  '2002::/16',
  'fc00::/7',
  'fe80::/10',
  'ff00::/8',
])

// AWS, Azure, Google and others on 169.254.169.254 (and .253, .170 for DNS and container credentials), also through
// NAT64; Alibaba; AWS by IPv6.
const metadataRanges = ranges(['169.254.0.0/16', '64:ff9b::a9fe:0/112', '100.100.100.200/32', 'fd00:ec2::/32'])
