// One aggregator's answer for its partitions, in a form that can be merged with the answers of others.
import { decode, encode } from '@msgpack/msgpack'
import type { HistoryPage } from './history-pages.ts'
import type { UsageRow } from './usage-sums.ts'

export type AnswerPart =
  /** The query itself is invalid. */
  | { type: 'problem'; problem: string; path: string }
  | { type: 'usage'; rows: UsageRow[]; firstHour?: number }
  | ({ type: 'requests' } & HistoryPage)
  | { type: 'request'; found?: Record<string, unknown> }
  /** Encoded `Measures` of the last minute. */
  | { type: 'targets'; recent: Uint8Array }
  /** Encoded `Measures` since this boot, by partition. */
  | { type: 'metrics'; partitions: [partition: number, measures: Uint8Array][] }

export interface PartAnswer {
  boot: string
  /** The requested partitions that this aggregator keeps. */
  partitions: AnsweredPartition[]
  part: AnswerPart
}

export interface AnsweredPartition {
  partition: number
  /** The epoch of the lease, while this node owns the partition. */
  epoch?: number
  isCaughtUp: boolean
  lagMs: number
  completeSinceMs: number
}

export function encodePart(answer: PartAnswer): Uint8Array {
  return encode(answer, { ignoreUndefined: true })
}

/** Decodes a part; undefined for other bytes. The sender is one of our own nodes, so its content is trusted. */
export function decodePart(bytes: Uint8Array): PartAnswer | undefined {
  try {
    const { boot, partitions, part } = decode(bytes) as Partial<PartAnswer>
    if (typeof boot !== 'string' || !Array.isArray(partitions) || typeof part?.type !== 'string') return undefined
    return { boot, partitions, part }
  } catch {
    return undefined
  }
}
