import type { Trouble } from '../../shared/readiness.ts'
import type { NodeHeartbeat } from '../../shared/telemetry/records.ts'

/** What a part of a process says of itself. */
export interface PartStanding {
  readonly heartbeat?: NodeHeartbeat | undefined
  readonly troubles: readonly Trouble[]
}

export interface Part {
  standing(): PartStanding
}
