// One aggregator's answer for its partitions, in a form that can be merged with the answers of others.
import { decode, encode } from '@msgpack/msgpack'
import type { HistoryPage } from './history-pages.ts'
import type { PartitionMonths } from './ledger-months.ts'
import type { LedgerPage } from './ledger-pages.ts'
import type { LedgerSumRow } from './ledger-sums.ts'
import type { VerifySlice } from './ledger-verify.ts'
import type { UsageRow } from './usage-sums.ts'

export type AnswerPart =
  /** The query itself is invalid. */
  | { type: 'problem'; problem: string; path: string }
  | { type: 'usage'; rows: UsageRow[]; firstHour?: number }
  | ({ type: 'requests' } & HistoryPage)
  | { type: 'request'; found?: Record<string, unknown> }
  /** Encoded `Measures` of the last minute. */
  | { type: 'targets'; recent: Uint8Array }
  | { type: 'ledger'; page: LedgerPage }
  | { type: 'ledger-sums'; rows: readonly LedgerSumRow[] }
  | { type: 'ledger-months'; partitions: readonly PartitionMonths[] }
  /** The partitions in which the month is closed now. */
  | { type: 'ledger-closed'; partitions: number[] }
  /** Without a slice: the partition is not kept here. */
  | { type: 'ledger-verify'; slice?: VerifySlice }
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
