// Which names in a Host header are ours. Loopback names and IP literals cannot be rebound to another address, and health
// checks use them, so they always are.
import { isIP } from 'node:net'

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

/** The name part of a well-formed Host header in lower case. */
function hostName(host: string): string | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+))(?::(\d{1,5}))?$/.exec(host)
  if (match === null || Number(match[3] ?? 0) > 65_535) return undefined
  return (match[1] ?? match[2])?.toLowerCase()
}
