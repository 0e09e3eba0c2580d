import { egressProblem } from '../../shared/config/egress.ts'
import type { Settings } from '../../shared/settings.ts'
import { type Environment, settingOf } from './provider-keys.ts'

export type OwnPorts = Pick<Settings, 'host' | 'hosts' | 'port' | 'controlPort' | 'opsPort'>

/** The base URL that the provider's own SDK would use. The address of this gateway is left out: whoever set it for clients
 *  of the gateway did not mean that the gateway calls itself. */
export function environmentBaseUrl(
  variables: string,
  { environment, ports }: { environment: Environment; ports: OwnPorts | undefined },
): string | undefined {
  const text = settingOf(environment, variables)?.trim()
  if (text === undefined || (ports !== undefined && isThisGateway(text, ports))) return undefined
  return text
}

/** The field that lets a provider live at a private address. The operator wrote the address of a private host; the address of
 *  a metadata service is never meant. */
export function egressOf(baseUrl: string): object {
  const isPrivate = egressProblem(baseUrl, { strict: true, allowPrivate: false }) !== undefined
  const isMetadata = egressProblem(baseUrl, { strict: false, allowPrivate: false }) !== undefined
  return isPrivate && !isMetadata ? { allowPrivate: true } : {}
}

function isThisGateway(text: string, { host, hosts, port, controlPort, opsPort }: OwnPorts): boolean {
  if (!URL.canParse(text)) return false
  const url = new URL(text)
  const asked = Number(url.port || (url.protocol === 'https:' ? 443 : 80))
  if (![port, controlPort, opsPort].includes(asked)) return false
  const name = url.hostname.replace(/^\[|\]$/g, '')
  return isLoopback(name) || [host, ...hosts].includes(name)
}

function isLoopback(host: string): boolean {
  return /^127\.|^(localhost|.*\.localhost|0\.0\.0\.0|::1?)$/.test(host)
}
