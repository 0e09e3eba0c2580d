// Reads `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, in upper or lower case. Loopback is never sent to a proxy.
import { isIP } from 'node:net'
import { isLoopback } from '../../../../shared/network/host-names.ts'
import { inNetworks, parseNetwork } from '../../../../shared/network/networks.ts'
import type { UpstreamOrigin } from '../upstream.ts'

type Environment = Readonly<Record<string, string | undefined>>

export interface ProxyEnvironment {
  /** URL of the proxy that an origin is reached through. Undefined: the connection is direct. */
  proxyOf(origin: UpstreamOrigin): string | undefined
  /** Whether any proxy is configured. */
  readonly active: boolean
  /** Names of variables whose value is no proxy URL. They count as unset. */
  readonly unusable: readonly string[]
}

export function readProxyEnvironment(environment: Environment): ProxyEnvironment {
  const unusable: string[] = []
  const read = (name: string): string | undefined => {
    const value = environment[name] || environment[name.toLowerCase()] || ''
    if (value === '') return undefined
    const url = value.includes('://') ? value : `http://${value}`
    if (/^https?:\/\//i.test(url) && URL.canParse(url)) return url
    unusable.push(name)
    return undefined
  }
  const proxies = { 'https:': read('HTTPS_PROXY'), 'http:': read('HTTP_PROXY') }
  const exceptions = (environment['NO_PROXY'] || environment['no_proxy'] || '')
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean)
    .map(exceptionOf)
  return {
    active: proxies['https:'] !== undefined || proxies['http:'] !== undefined,
    unusable,
    proxyOf: (origin) => (isExcepted(origin, exceptions) ? undefined : proxies[origin.protocol]),
  }
}

/** Whether a host, by its name or address, and a port are excepted. */
type Exception = (hostname: string, port: number) => boolean

function isExcepted(origin: UpstreamOrigin, exceptions: readonly Exception[]): boolean {
  const hostname = origin.hostname.replace(/^\[|\]$/g, '').toLowerCase()
  return isLoopback(hostname) || exceptions.some((excepts) => excepts(hostname, origin.port))
}

/** Reads `*`, `host`, `.host`, `*.host`, an address, and a network such as `10.0.0.0/8` or `fd00::/8`. All but `*` may have a `:port`
 *  behind them, IPv6 in brackets. A host includes its subdomains. */
function exceptionOf(text: string): Exception {
  if (text === '*') return () => true
  const { name, onlyPort } = splitPort(text)
  const network = networkOf(name)
  const matches = network ?? nameMatcher(name.replace(/^\*?\./, '').replace(/\.$/, ''))
  return (hostname, port) => (onlyPort === undefined || onlyPort === port) && matches(hostname)
}

function splitPort(text: string): { readonly name: string; readonly onlyPort: number | undefined } {
  if (isIP(text.replace(/\/\d+$/, '')) === 6) return { name: text, onlyPort: undefined }
  const [, bracketed, plain = text, port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(text) ?? []
  return { name: bracketed ?? plain, onlyPort: port === undefined ? undefined : Number(port) }
}

function nameMatcher(suffix: string): (hostname: string) => boolean {
  return (hostname) => hostname === suffix || hostname.endsWith(`.${suffix}`)
}

/** Matches the addresses of a network, or a single address however it is written; undefined for a name. */
function networkOf(text: string): ((hostname: string) => boolean) | undefined {
  const network = parseNetwork(text)
  return network === undefined ? undefined : inNetworks([network])
}
