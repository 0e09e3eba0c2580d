// Where a provider may live. A base URL is http or https without credentials in it; under strict egress it is a public
// address over https. A host name can point anywhere by the time it is called, so the upstream leg asks
// `isPrivateAddress` (`addresses.ts`) again about the address that it resolved.
import { isIP } from 'node:net'
import { isMetadataAddress, isPrivateAddress } from '../network/addresses.ts'

// Names that machines of a cloud resolve to its metadata service. Other names are judged by the addresses they resolve to.
const metadataNames = new Set([
  'metadata',
  'metadata.google.internal',
  'metadata.goog',
  'instance-data',
  'instance-data.ec2.internal',
])

// Ports of services that take HTTP for something else and might act on it.
const foreignPorts = new Set(['22', '23', '25', '110', '143', '465', '587', '993', '995', '6379', '11211'])

/** The problem in the form of a base URL. */
export function baseUrlProblem(text: string): string | undefined {
  const problem = urlProblem(text)
  if (problem !== undefined) return problem
  return text.includes('?') || text.includes('#') ? 'a base URL has no query and no fragment' : undefined
}

/** The problem in the form of any URL that is called. */
export function urlProblem(text: string): string | undefined {
  if (!/^https?:\/\//i.test(text)) return 'expected an http:// or https:// URL'
  if (/[\s\\\p{Cc}]/u.test(text) || !URL.canParse(text)) return 'this is not a URL'
  const url = new URL(text)
  if (url.username !== '' || url.password !== '' || /^[^/]*\/\/[^/?#]*@/.test(text)) {
    return 'a URL here has no user and no password: a secret belongs into credentials'
  }
  if (foreignPorts.has(url.port)) return `port ${url.port} is not one of HTTP`
  return undefined
}

/** Why a well-formed URL may not be called. The addresses of cloud metadata services hand out credentials, so they
 *  need `allowPrivate` even where other private addresses do not. */
export function egressProblem(text: string, rules: { strict: boolean; allowPrivate: boolean }): string | undefined {
  if (rules.allowPrivate || urlProblem(text) !== undefined) return undefined
  const url = new URL(text)
  const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')
  if (isMetadataHost(host)) return 'this is the address of a metadata service: set allowPrivate if you mean it'
  if (!rules.strict) return undefined
  if (isPrivateHost(host)) return 'private addresses need allowPrivate under strict egress'
  if (url.protocol === 'http:') return 'plain http needs allowPrivate under strict egress'
  return undefined
}

function isPrivateHost(host: string): boolean {
  if (isIP(host) !== 0) return isPrivateAddress(host)
  return host === 'localhost' || !host.includes('.') || /\.(localhost|local|internal|lan|home\.arpa)$/.test(host)
}

function isMetadataHost(host: string): boolean {
  if (isIP(host) !== 0) return isMetadataAddress(host)
  return metadataNames.has(host)
}
