// The servers of a cluster as `HEADGATE_NATS_URL` names them. Without a credential whoever reaches a server may read and
// write everything, so then only servers of this machine are accepted.
import { isLoopback } from './network/host-names.ts'
import { done, fail, type Result } from './result.ts'

export interface NatsServer {
  readonly host: string
  readonly port: number
  /** Whether TLS is required before anything else is sent. */
  readonly tls: boolean
}

const portDefault = 4222
const serversMax = 32

/** A refusal is a sentence that quotes no more than a host: an address may hold a password. */
export function parseNatsServers(
  addresses: readonly string[],
  { hasCredentials }: { hasCredentials: boolean },
): Result<NatsServer[], string> {
  if (addresses.length === 0) return fail('names no server')
  if (addresses.length > serversMax) return fail(`names more than ${serversMax} servers`)
  const servers: NatsServer[] = []
  for (const address of addresses) {
    const server = parseServer(address)
    if (!server.ok) return server
    servers.push(server.value)
  }
  const elsewhere = servers.find(({ host }) => !isLoopback(host))
  if (elsewhere !== undefined && !hasCredentials) {
    return fail(`${elsewhere.host} is not loopback: without HEADGATE_NATS_CREDS only servers of this machine are used`)
  }
  return done(servers)
}

/** The address as messages and the client write it. */
export function addressOf({ host, port }: NatsServer): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

function parseServer(address: string): Result<NatsServer, string> {
  const expected = 'expected addresses such as nats://10.0.0.5:4222 or tls://nats.example.com:4222'
  const withScheme = address.includes('://') ? address : `nats://${address}`
  if (!URL.canParse(withScheme)) return fail(expected)
  const { protocol, hostname, port, username, password, pathname, search } = new URL(withScheme)
  if (username !== '' || password !== '') return fail('holds a credential: name a file in HEADGATE_NATS_CREDS instead')
  if (!['nats:', 'tls:'].includes(protocol) || hostname === '' || search !== '') return fail(expected)
  if (pathname !== '' && pathname !== '/') return fail(expected)
  const host = hostname.replace(/^\[(.*)\]$/, '$1').toLowerCase()
  return done({ host, port: port === '' ? portDefault : Number(port), tls: protocol === 'tls:' })
}
