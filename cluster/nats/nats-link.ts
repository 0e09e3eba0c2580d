// One connection of this process to NATS, kept for ever: whoever uses it asks for the connection at each use, and is told
// when it comes and goes.
import type { NatsConnection } from '@nats-io/transport-node'

export interface NatsLink {
  /** Undefined while no server is known to answer. */
  readonly connection: NatsConnection | undefined
  readonly status: NatsLinkStatus
  /** Calls `changed` with the present state at once, and at each change. */
  onChange(changed: (isConnected: boolean) => void): { stop(): void }
  close(): Promise<void>
}

export interface NatsLinkStatus {
  readonly isConnected: boolean
  /** Since when it has been so, in ms since this was opened. */
  readonly forMs: number
  readonly reconnects: number
  /** Why it is away; never a credential. */
  readonly trouble: string | undefined
}
