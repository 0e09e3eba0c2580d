// Which Host headers are well-formed, and which names in them are ours. Loopback names and IP literals cannot be rebound to
// another address, and health checks use them, so they always are.
import { isIP } from 'node:net'

/** Whether the value of a Host header is a name or an address with an optional port (RFC 9112 section 3.2 asks for 400 otherwise).
 *  Names are those of DNS and of containers; other characters that RFC 3986 allows occur in attacks alone. */
export function hostIsValid(host: string): boolean {
  if (host === lastValid) return true
  if (hostName(host) === undefined) return false
  lastValid = host
  return true
}

// A port is called by one name nearly always.
let lastValid: string | undefined

/** Whether this is a name or an address without a port. */
export function isHostName(text: string): boolean {
  return isIP(text) !== 0 || (!/:\d*$/.test(text) && hostName(text) !== undefined)
}

/** `hosts` are configured names, without port; `*` accepts every name. */
export function hostIsKnown(host: string | undefined, hosts: readonly string[]): boolean {
  const name = host === undefined ? undefined : hostName(host)
  if (name === undefined) return false
  if (name === 'localhost' || name.endsWith('.localhost') || isIP(name) !== 0) return true
  return hosts.some((known) => known === '*' || known.toLowerCase() === name)
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)
}

const hostPattern = /^(?:\[([0-9a-fA-F:.]{2,45})\]|([A-Za-z0-9._-]{1,254}))(?::(\d{1,5}))?$/
const labelsPattern = /^(?:[A-Za-z0-9_-]{1,63}\.)*[A-Za-z0-9_-]{1,63}\.?$/
const lastNumberPattern = /(?:^|\.)\d+\.?$/

/** The name part of a well-formed Host header in lower case. */
function hostName(host: string): string | undefined {
  const [, address, name = '', port = '0'] = hostPattern.exec(host) ?? []
  if (Number(port) > 65_535) return undefined
  if (address !== undefined) return isIP(address) === 6 ? address.toLowerCase() : undefined
  if (!labelsPattern.test(name)) return undefined
  // A browser takes a name whose last label is a number for an IPv4 address; another reader may take it for another one.
  if (lastNumberPattern.test(name) && isIP(name) !== 4) return undefined
  return name.toLowerCase()
}
