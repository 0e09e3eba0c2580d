// The port of the process's connection to NATS, which is kept up for ever. Users ask for the connection at each use,
// and are told when it comes and goes.
import type { NatsConnection } from '@nats-io/transport-node'

export interface NatsLink {
  /** The connection; undefined while no server is known to answer. After each reconnect it is another object:
   *  everything made on the previous one (subscriptions, consumers, requests under way) is gone with it and has to be
   *  made again. What is published on a lost connection is dropped without an error. */
  readonly connection: NatsConnection | undefined
  readonly status: NatsLinkStatus
  /** Calls `changed` with the present state at once, and then at each change. */
  onChange(changed: (isConnected: boolean) => void): { stop(): void }
  /** Closes the link, after a short time in which published messages can leave. */
  close(): Promise<void>
}

export interface NatsLinkStatus {
  readonly isConnected: boolean
  /** How long `isConnected` has had its present value. */
  readonly forMs: number
  /** The number of reconnects. */
  readonly reconnects: number
  /** Why there is no connection. It never contains a credential. */
  readonly trouble: string | undefined
}
