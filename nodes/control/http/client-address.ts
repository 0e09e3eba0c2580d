// Who is at the other end. `X-Forwarded-*` is a claim that anyone can make, so it counts only when the connection itself
// comes from a proxy that the operator named.
import type { IncomingMessage } from 'node:http'
import { BlockList, isIP } from 'node:net'

export interface ClientAddress {
  ip: string
  /** The browser's side of the way is encrypted: cookies may be `Secure`. */
  secure: boolean
}

export class ClientAddresses {
  readonly #trusted = new BlockList()

  /** `trustedProxies`: addresses or networks such as `10.0.0.0/8`; others are ignored. */
  constructor(trustedProxies: readonly string[]) {
    for (const text of trustedProxies) {
      const [address = '', bits] = text.split('/')
      const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
      if (isIP(address) === 0) continue
      if (bits === undefined) this.#trusted.addAddress(address, family)
      else this.#trusted.addSubnet(address, Number(bits), family)
    }
  }

  of(request: IncomingMessage): ClientAddress {
    const peer = plainIp(request.socket.remoteAddress ?? '')
    const encrypted = 'encrypted' in request.socket
    if (!this.#isTrusted(peer)) return { ip: peer, secure: encrypted }
    const secure = encrypted || request.headers['x-forwarded-proto'] === 'https'
    return { ip: this.#forwardedFor(request) ?? peer, secure }
  }

  /** The last hop that is not one of ours: everything left of it may be invented. */
  #forwardedFor(request: IncomingMessage): string | undefined {
    const header = request.headers['x-forwarded-for']
    const hops = (Array.isArray(header) ? header.join(',') : (header ?? '')).split(',').map((hop) => hop.trim())
    return hops.reverse().find((hop) => isIP(hop) !== 0 && !this.#isTrusted(hop))
  }

  #isTrusted(ip: string): boolean {
    const version = isIP(ip)
    return version !== 0 && this.#trusted.check(ip, version === 6 ? 'ipv6' : 'ipv4')
  }
}

function plainIp(address: string): string {
  return address.startsWith('::ffff:') ? address.slice(7) : address
}
