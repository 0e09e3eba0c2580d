// Who is at the other end. `X-Forwarded-*` is a claim that anyone can make, so it counts only when the connection itself
// comes from a proxy that the operator named.
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { inNetworks, parseNetwork } from '../../../shared/network/networks.ts'

export interface ClientAddress {
  ip: string
  /** The browser's side of the way is encrypted: cookies may be `Secure`. */
  secure: boolean
}

export class ClientAddresses {
  readonly #isTrusted: (ip: string) => boolean

  /** `trustedProxies`: addresses or networks such as `10.0.0.0/8`; others are ignored. */
  constructor(trustedProxies: readonly string[]) {
    this.#isTrusted = inNetworks(trustedProxies.flatMap((text) => parseNetwork(text) ?? []))
  }

  of(request: IncomingMessage): ClientAddress {
    const peer = plainIp(request.socket.remoteAddress ?? '')
    const encrypted = 'encrypted' in request.socket
    if (!this.#isTrusted(peer)) return { ip: peer, secure: encrypted }
    const secure = encrypted || request.headers['x-forwarded-proto'] === 'https'
    return { ip: this.#forwardedFor(request) ?? peer, secure }
  }

  /** The last hop that is not one of ours: everything left of it may be invented. Undefined where a proxy has written
   *  something else than an address. */
  #forwardedFor(request: IncomingMessage): string | undefined {
    const header = request.headers['x-forwarded-for']
    const hops = (Array.isArray(header) ? header.join(',') : (header ?? '')).split(',').map(ipOfHop)
    return hops.reverse().find((hop) => hop === undefined || !this.#isTrusted(hop))
  }
}

/** Some proxies write the port behind the address. */
function ipOfHop(text: string): string | undefined {
  const hop = text.trim()
  if (isIP(hop) !== 0) return plainIp(hop)
  const [, bracketed, plain] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d{1,5})?$/.exec(hop) ?? []
  const address = bracketed ?? plain ?? ''
  return isIP(address) === 0 ? undefined : plainIp(address)
}

function plainIp(address: string): string {
  return address.startsWith('::ffff:') ? address.slice(7) : address
}
