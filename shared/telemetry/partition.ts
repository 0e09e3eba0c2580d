// Divides usage among aggregators by the node that sends it. All records of a node belong to one partition, so one
// reader sees all sequences of a boot, and a partition is the unit of ownership, answers and merging.

export const partitionsCount = 16
/** The partition of the single aggregator in a deployment without a cluster. */
export const embeddedPartition = 0

/** FNV-1a over UTF-16 units. It must never change: streams hold messages that were filed by it. */
export function partitionOf(node: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < node.length; i++) hash = Math.imul(hash ^ node.charCodeAt(i), 0x01000193)
  // The low bits of this hash differ too little for names that differ in one digit.
  hash ^= hash >>> 16
  return (hash >>> 0) % partitionsCount
}

export function isPartition(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < partitionsCount
}
