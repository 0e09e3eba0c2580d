// Decides which keeper to ask about a partition. A keeper that is up to date comes before one that lags, one with a
// longer past before one with a shorter, the owner before its standby; a silent aggregator is asked when no other is
// left.
import type { KeptPartition } from '../../shared/telemetry/keeping-message.ts'
import { aliveMs, type Heard } from '../telemetry-stream/replica-peers.ts'

export interface Candidate {
  node: string
  kept: KeptPartition
  ageMs: number
}

/** Two keepers of one stream may differ by this much in the time since which they are complete. */
const sameTimeMs = 1_000

/** Returns the keepers of a partition, the best first. */
export function candidatesFor(partition: number, heard: readonly Heard[]): Candidate[] {
  return heard
    .flatMap(({ node, partitions, ageMs }) => {
      const kept = partitions.find((one) => one.partition === partition)
      return kept === undefined ? [] : [{ node, kept, ageMs }]
    })
    .sort(byWorth)
}

function byWorth(a: Candidate, b: Candidate): number {
  return (
    Number(b.ageMs < aliveMs) - Number(a.ageMs < aliveMs) ||
    Number(b.kept.isCaughtUp) - Number(a.kept.isCaughtUp) ||
    byPast(a.kept, b.kept) ||
    (b.kept.epoch ?? 0) - (a.kept.epoch ?? 0) ||
    (a.node < b.node ? -1 : 1)
  )
}

function byPast(a: KeptPartition, b: KeptPartition): number {
  const difference = a.completeSinceMs - b.completeSinceMs
  return Math.abs(difference) <= sameTimeMs ? 0 : difference
}
