// What one aggregator says of some partitions, in a form that is merged with what others say of theirs.
import { decode, encode } from '@msgpack/msgpack'
import type { HistoryPage } from './history-pages.ts'
import type { UsageRow } from './usage-sums.ts'

export type AnswerPart =
  /** The question cannot be answered by anybody. */
  | { type: 'problem'; problem: string; path: string }
  | { type: 'usage'; rows: UsageRow[]; firstHour?: number }
  | ({ type: 'requests' } & HistoryPage)
  | { type: 'request'; found?: Record<string, unknown> }
  /** `Measures` of the last minute. */
  | { type: 'targets'; recent: Uint8Array }
  /** `Measures` since this boot, by partition. */
  | { type: 'metrics'; partitions: [partition: number, measures: Uint8Array][] }

export interface PartAnswer {
  boot: string
  /** Of those that were asked for, what is kept here. */
  partitions: AnsweredPartition[]
  part: AnswerPart
}

export interface AnsweredPartition {
  partition: number
  /** Of its lease, while this node owns it. */
  epoch?: number
  isCaughtUp: boolean
  lagMs: number
  completeSinceMs: number
}

export function encodePart(answer: PartAnswer): Uint8Array {
  return encode(answer, { ignoreUndefined: true })
}

/** Undefined for bytes that are no such answer; the sender is one of our own nodes. */
export function decodePart(bytes: Uint8Array): PartAnswer | undefined {
  try {
    const { boot, partitions, part } = decode(bytes) as Partial<PartAnswer>
    if (typeof boot !== 'string' || !Array.isArray(partitions) || typeof part?.type !== 'string') return undefined
    return { boot, partitions, part }
  } catch {
    return undefined
  }
}
