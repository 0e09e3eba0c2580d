// Reads `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, in upper or lower case. Loopback is never sent to a proxy.
import { isLoopback } from '../../../../shared/host-names.ts'
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
  const exceptions = (environment['NO_PROXY'] || environment['no_proxy'] || '').split(/[\s,]+/).filter(Boolean)
  return {
    active: proxies['https:'] !== undefined || proxies['http:'] !== undefined,
    unusable,
    proxyOf: (origin) => (isExcepted(origin, exceptions) ? undefined : proxies[origin.protocol]),
  }
}

function isExcepted(origin: UpstreamOrigin, exceptions: readonly string[]): boolean {
  const hostname = origin.hostname.replace(/^\[|\]$/g, '').toLowerCase()
  return isLoopback(hostname) || exceptions.some((exception) => excepts(exception.toLowerCase(), hostname, origin.port))
}

/** Matches `*`, `host`, `.host` and `*.host`, each with an optional `:port`. A host includes its subdomains. */
function excepts(exception: string, hostname: string, port: number): boolean {
  if (exception === '*') return true
  const [, name = '', onlyPort] = /^(.*?)(?::(\d+))?$/.exec(exception) ?? []
  if (onlyPort !== undefined && !exception.includes('::') && Number(onlyPort) !== port) return false
  const suffix = exception.includes('::') ? exception : name.replace(/^\*?\./, '')
  return hostname === suffix || hostname.endsWith(`.${suffix}`)
}
