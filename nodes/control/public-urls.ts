// The addresses that are printed and shown. A wildcard address is where we listen, not where anybody can go.
import type { Settings } from '../../shared/settings.ts'

export function publicUrls(settings: Settings, controlPort: () => number) {
  const scheme = settings.tls === undefined ? 'http' : 'https'
  const host = urlHost(settings)
  return {
    /** Origin of the data plane, without `/v1`. */
    dataEndpoint: `${scheme}://${host}:${settings.port}`,
    /** The control port's URL on this machine. */
    local: () => `${scheme}://${localHost(settings.host)}:${controlPort()}`,
    signIn: (token: string) => `${scheme}://${host}:${controlPort()}/sign-in?token=${token}`,
  }
}

function localHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}

function urlHost({ host, hosts }: Settings): string {
  const isWildcard = host === '0.0.0.0' || host === '::'
  if (!isWildcard) return host.includes(':') ? `[${host}]` : host
  return hosts.find((name) => name !== '*') ?? 'localhost'
}
