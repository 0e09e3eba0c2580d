// Whom to ask about which partition. Whoever has everything comes before who lags, who has more of the past before who has
// less, and the owner before its standby; an aggregator that was silent is asked when nobody else is left.
import type { KeptPartition } from '../../shared/telemetry/keeping-message.ts'
import { aliveMs, type Heard } from '../telemetry-stream/replica-peers.ts'

export interface Candidate {
  node: string
  kept: KeptPartition
  ageMs: number
}

/** Two keepers of one stream may differ by so much in since when they are complete. */
const sameTimeMs = 1_000

/** Best first. */
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
