// Which Host headers this port answers to. A page of another site can make a browser resolve the site's own name to
// 127.0.0.1 (DNS rebinding) and would then be "same origin" with us; the Host header still tells its name, so names that
// nobody configured are refused. Loopback names and IP literals cannot be rebound.
import { isIP } from 'node:net'

/** `hosts` are configured names, without port; `*` accepts every name. */
export function hostIsKnown(host: string | undefined, hosts: readonly string[]): boolean {
  const name = host === undefined ? undefined : hostName(host)
  if (name === undefined) return false
  if (name === 'localhost' || name.endsWith('.localhost') || isIP(name) !== 0) return true
  return hosts.some((known) => known === '*' || known.toLowerCase() === name)
}

/** The name part of a well-formed Host header in lower case. */
function hostName(host: string): string | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+))(?::(\d{1,5}))?$/.exec(host)
  if (match === null || Number(match[3] ?? 0) > 65_535) return undefined
  return (match[1] ?? match[2])?.toLowerCase()
}

/** True when a browser says that another site's page made the request. Tools send no Origin. */
export function originIsForeign(origin: string | undefined, host: string): boolean {
  if (origin === undefined) return false
  try {
    return new URL(origin).host !== new URL(`http://${host}`).host && new URL(origin).host !== host.toLowerCase()
  } catch {
    return true // `null`, and whatever else is no origin
  }
}
