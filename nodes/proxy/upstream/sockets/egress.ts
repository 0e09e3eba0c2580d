// Decides which addresses may be connected to. A configuration is checked when it is written, but a name can resolve to
// another address by the time it is called (DNS rebinding), and a setting may have become stricter. So the origin is checked
// again here, and then every address that its name resolves to: every address that is connected to has passed.
import type { LookupFunction } from 'node:net'
import { egressProblem } from '../../../../shared/config/egress.ts'
import { isMetadataAddress, isPrivateAddress } from '../../../../shared/network/addresses.ts'
import type { UpstreamOrigin } from '../upstream.ts'
import type { AddressBook } from './address-book.ts'
import { bareHostname } from './socket.ts'

/** Returns why nothing may be sent to an origin, whatever its name resolves to. Literal addresses are checked only here, since
 *  they are never looked up. */
export function egressDenial(origin: UpstreamOrigin): string | undefined {
  const { protocol, egress } = origin
  if (egress === 'any') return undefined
  const host = bareHostname(origin)
  const url = `${protocol}//${host.includes(':') ? `[${host}]` : host}`
  if (!URL.canParse(url)) return `${host} is not the name of a host`
  const problem = egressProblem(url, { strict: egress === 'public-only', allowPrivate: false })
  return problem === undefined ? undefined : `refused: ${problem}`
}

/** The lookup of `net.connect` and `tls.connect`, which connect only to addresses that it returns. */
export function egressLookup(addresses: AddressBook, origin: UpstreamOrigin): LookupFunction {
  return (hostname, options, callback) => {
    addresses.find(hostname, (error, found) => {
      const allowed = found.filter(({ address }) => isAllowed(address, origin))
      const [first] = allowed
      if (error !== null) callback(error, [])
      else if (first === undefined) callback(new Error(denialOf(hostname, found[0]?.address)), [])
      else if (options.all === true) callback(null, allowed)
      else callback(null, first.address, first.family)
    })
  }
}

function isAllowed(address: string, { egress }: UpstreamOrigin): boolean {
  if (egress === 'any') return true
  return egress === 'public-only' ? !isPrivateAddress(address) : !isMetadataAddress(address)
}

function denialOf(hostname: string, address: string | undefined): string {
  if (address === undefined) return `${hostname} has no address`
  const kind = isMetadataAddress(address) ? 'the address of a metadata service' : 'a private address'
  return `refused: ${hostname} resolves to ${address}, ${kind}: set allowPrivate if you mean it`
}
