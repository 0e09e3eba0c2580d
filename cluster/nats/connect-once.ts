// Tries once to connect to one server. Every failure is a value, with a message that contains no credential.
import { checkServerIdentity } from 'node:tls'
import { connect, errors, type NatsConnection, type TlsOptions } from '@nats-io/transport-node'
import type { Clock } from '../../shared/clock.ts'
import { addressOf, type NatsServer } from '../../shared/nats-servers.ts'
import { done, fail, type Result } from '../../shared/result.ts'
import { readCredentials } from './credentials.ts'
import { awaitGreeting } from './server-banner.ts'

export interface ConnectOptions {
  readonly server: NatsServer
  readonly credsFile: string | undefined
  readonly caFile: string | undefined
  /** The name of the connection in the server's monitoring. */
  readonly name: string
  readonly clock: Clock
}

export interface ConnectTrouble {
  readonly type: 'unreachable' | 'credentials'
  readonly message: string
}

const timeoutMs = 2_000
/** A server that stands still is noticed when the third ping is due, after 2.1 s. */
const pings = { pingInterval: 700, maxPingOut: 2 } as const

export async function connectOnce(options: ConnectOptions): Promise<Result<NatsConnection, ConnectTrouble>> {
  const { server, credsFile, name, clock } = options
  const credentials = credsFile === undefined ? undefined : await readCredentials(credsFile)
  if (credentials?.ok === false) return fail({ type: 'credentials', message: credentials.error })
  const greeting = await awaitGreeting(server, { clock, timeoutMs })
  if (!greeting.ok) return fail({ type: 'unreachable', message: greeting.error })
  try {
    const connection = await connect({
      servers: addressOf(server),
      name,
      timeout: timeoutMs,
      ...pings,
      ...(credentials === undefined ? {} : { authenticator: credentials.value }),
      ...tlsOf(options),
      // The link reconnects: the client's own reconnecting hides why it fails, and gives up when a credential is
      // refused.
      reconnect: false,
      ignoreClusterUpdates: true,
    })
    return done(connection)
  } catch (error) {
    return fail(troubleOf(error))
  }
}

export function isAboutCredentials(error: Error): boolean {
  const { AuthorizationError, UserAuthenticationExpiredError } = errors
  if (error instanceof AuthorizationError || error instanceof UserAuthenticationExpiredError) return true
  return /authenticat|authoriz/i.test(error.message) // "User Authentication Revoked" has no error class of its own
}

function troubleOf(error: unknown): ConnectTrouble {
  if (!(error instanceof Error)) return { type: 'unreachable', message: 'failed' }
  return { type: isAboutCredentials(error) ? 'credentials' : 'unreachable', message: error.message.slice(0, 200) }
}

/** Returns the TLS options when TLS is required. Without them the client still uses TLS when the server offers it. */
function tlsOf({ server, caFile }: ConnectOptions): { tls?: TlsOptions } {
  if (caFile === undefined && !server.tls) return {}
  return {
    tls: {
      ...(caFile === undefined ? {} : { caFile }),
      // The client passes no server name when it connects to an address, and the certificate would be compared with
      // `localhost`.
      checkServerIdentity: (_name: string, certificate: Parameters<typeof checkServerIdentity>[1]) =>
        checkServerIdentity(server.host, certificate),
    } as TlsOptions,
  }
}
