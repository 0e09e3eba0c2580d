// Where to go on reading a stream that may not be the one, or not as long, as when it was read last. Reading again costs
// time and counts nothing twice, so in doubt it begins at the beginning.
import type { UsageFacts } from '../../../cluster/telemetry-stream/usage-stream.ts'
import type { Position } from '../store/usage-store.ts'

export interface PositionVerdict {
  after: number
  /** What was recorded before that may be missing. */
  completeSinceMs: number
  why:
    | 'same'
    /** Nothing of this partition was ever read here. */
    | 'new'
    /** What came next was forgotten before it was read. */
    | 'trimmed'
    /** Fewer messages than were read, or another one where we stopped: a server lost its newest ones. */
    | 'rewound'
    | 'recreated'
}

export interface Known {
  position: Position | undefined
  facts: UsageFacts
  /** Time at which the current message at the position was stored. Undefined if there is no message. */
  storedAtMs: number | undefined
  /**
   * This node had read everything until the stream was lost. Then whatever the stream has forgotten since is here, or is
   * sent again, because nobody confirms what one that keeps up has not committed.
   */
  wasAtEnd: boolean
  wallMs: number
}

export function judgePosition(known: Known): PositionVerdict {
  const { position, facts, storedAtMs, wasAtEnd, wallMs } = known
  const firstAtMs = facts.firstAtMs ?? wallMs
  if (position === undefined) {
    const completeSinceMs = facts.firstSequence <= 1 ? madeAtMs(facts, firstAtMs) : firstAtMs
    return { after: 0, completeSinceMs, why: 'new' }
  }
  const { sequence, completeSinceMs } = position
  if (position.streamCreated !== facts.created) {
    return { after: 0, completeSinceMs: wasAtEnd ? completeSinceMs : madeAtMs(facts, firstAtMs), why: 'recreated' }
  }
  const isOther = sequence >= facts.firstSequence && !isSameMessage(position, storedAtMs)
  if (sequence > facts.lastSequence || isOther) {
    return { after: 0, completeSinceMs: wasAtEnd ? completeSinceMs : wallMs, why: 'rewound' }
  }
  if (facts.firstSequence > sequence + 1) {
    return { after: sequence, completeSinceMs: Math.max(completeSinceMs, firstAtMs), why: 'trimmed' }
  }
  return { after: sequence, completeSinceMs, why: 'same' }
}

function isSameMessage(position: Position, storedAtMs: number | undefined): boolean {
  return storedAtMs !== undefined && (position.storedAtMs === 0 || position.storedAtMs === storedAtMs)
}

function madeAtMs({ created }: UsageFacts, otherwiseMs: number): number {
  const ms = Date.parse(created)
  return Number.isNaN(ms) ? otherwiseMs : ms
}
