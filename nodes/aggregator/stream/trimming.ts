// How far the usage stream may forget. It keeps what it has as long as there is room, so that an aggregator that was away
// finds what it missed; when half of the room is used, the older half of what everybody alive has committed goes.

import { keptBy } from '../../../cluster/telemetry-stream/replica-peers.ts'
import type { UsageFacts } from '../../../cluster/telemetry-stream/usage-stream.ts'
import type { KeepingMessage } from '../../../shared/telemetry/keeping-message.ts'
import { partitionsCount } from '../../../shared/telemetry/partition.ts'

export interface Trimming {
  /** The oldest message to be kept; undefined: nothing goes. */
  firstSequence: number | undefined
  /** Why a stream that is nearly full cannot forget; undefined when it can, or need not. */
  heldBackBy: string | undefined
}

const roomyPart = 0.5
const nearlyFullPart = 0.9

export function trimmedTo(facts: UsageFacts, keepers: readonly KeepingMessage[]): Trimming {
  const used = facts.bytes / facts.bytesMax
  if (used < roomyPart) return { firstSequence: undefined, heldBackBy: undefined }
  const slowest = slowestOf(keepers)
  const middle = facts.firstSequence + Math.ceil((facts.lastSequence - facts.firstSequence) / 2)
  const firstSequence = Math.min(middle, slowest.sequence + 1)
  return {
    firstSequence: firstSequence > facts.firstSequence ? firstSequence : undefined,
    heldBackBy: used >= nearlyFullPart && firstSequence <= facts.firstSequence ? slowest.why : undefined,
  }
}

/** A partition that nobody keeps holds everything. */
function slowestOf(keepers: readonly KeepingMessage[]): { sequence: number; why: string } {
  let slowest = { sequence: Number.MAX_SAFE_INTEGER, why: '' }
  for (let partition = 0; partition < partitionsCount; partition++) {
    const kept = keepers.flatMap((message) => {
      const found = keptBy(message, partition)
      const why = `${message.node} has not committed partition ${partition}`
      return found === undefined ? [] : [{ sequence: found.sequence, why }]
    })
    if (kept.length === 0) return { sequence: 0, why: `nobody keeps partition ${partition}` }
    for (const one of kept) if (one.sequence < slowest.sequence) slowest = one
  }
  return slowest
}
