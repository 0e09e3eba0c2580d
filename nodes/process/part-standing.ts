import type { Trouble } from '../../shared/readiness.ts'
import type { MessageCount, NodeHeartbeat } from '../../shared/telemetry/records.ts'

/** What a part of a process says of itself. */
export interface PartStanding {
  readonly heartbeat?: NodeHeartbeat | undefined
  readonly troubles: readonly Trouble[]
  /** Messages of other nodes that the part did not believe. */
  readonly refusedMessages?: readonly MessageCount[] | undefined
}

export interface Part {
  standing(): PartStanding
}
