// Networks as people write them: an address, or an address with the length of its prefix.
import { BlockList, isIP } from 'node:net'

export interface Network {
  readonly address: string
  readonly prefix: number
  readonly family: 'ipv4' | 'ipv6'
}

/** `10.0.0.5`, `10.0.0.0/8`, `fd00::/8`; undefined for anything else, also for a prefix that is absent or too long. */
export function parseNetwork(text: string): Network | undefined {
  const [, address = '', prefix] = /^([^/%]+)(?:\/(\d{1,3}))?$/.exec(text) ?? []
  const version = isIP(address)
  if (version === 0) return undefined
  const bits = version === 4 ? 32 : 128
  const found = prefix === undefined ? bits : Number(prefix)
  return found > bits ? undefined : { address, prefix: found, family: version === 4 ? 'ipv4' : 'ipv6' }
}

/** Whether an address is in one of the networks, however it is written; false for what is no address. */
export function inNetworks(networks: readonly Network[]): (address: string) => boolean {
  const list = new BlockList()
  for (const { address, prefix, family } of networks) list.addSubnet(address, prefix, family)
  return (address) => {
    const version = isIP(address)
    return version !== 0 && list.check(address, version === 4 ? 'ipv4' : 'ipv6')
  }
}
