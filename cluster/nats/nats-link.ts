// One connection of this process to NATS, kept for ever: whoever uses it asks for the connection at each use, and is told
// when it comes and goes.
import type { NatsConnection } from '@nats-io/transport-node'

export interface NatsLink {
  /**
   * Undefined while no server is known to answer. Each time the link comes back it is another object: what was made on
   * the one before (subscriptions, consumers, requests under way) is gone with it and has to be made again. What is
   * published on a connection that is lost is dropped without an error.
   */
  readonly connection: NatsConnection | undefined
  readonly status: NatsLinkStatus
  /** Calls `changed` with the present state at once, and at each change. */
  onChange(changed: (isConnected: boolean) => void): { stop(): void }
  /** Gives what was just published a moment to leave. */
  close(): Promise<void>
}

export interface NatsLinkStatus {
  readonly isConnected: boolean
  /** For how long it has been so. */
  readonly forMs: number
  /** Times that it came back. */
  readonly reconnects: number
  /** Why it is away; never a credential. */
  readonly trouble: string | undefined
}
