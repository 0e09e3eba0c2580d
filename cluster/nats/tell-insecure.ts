// Reports insecure settings of a server that is reached over a network. On loopback none of them matters.
import type { NatsConnection } from '@nats-io/transport-node'
import { addressOf, type NatsServer } from '../../shared/nats-servers.ts'
import { isLoopback } from '../../shared/network/host-names.ts'
import type { Notify } from '../../shared/notice.ts'

/** Older servers can be made to accept clients without a credential. */
const versionMin = [2, 11, 16]

export function tellInsecure(server: NatsServer, { info }: NatsConnection, notify: Notify): void {
  if (isLoopback(server.host) || info === undefined) return
  const told = { type: 'nats-insecure', server: addressOf(server), version: info.version } as const
  if (!info.tls_required && !info.tls_available) notify({ ...told, problem: 'plaintext' })
  if (isOlder(info.version)) notify({ ...told, problem: 'old-version' })
}

function isOlder(version: string): boolean {
  const parts = version.split('.').map((part) => Number.parseInt(part, 10) || 0)
  for (const [index, least] of versionMin.entries()) {
    const part = parts[index] ?? 0
    if (part !== least) return part < least
  }
  return false
}
