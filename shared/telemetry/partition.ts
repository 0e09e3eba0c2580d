// Usage is divided among aggregators by the node that sends it: all of one node's records belong to one partition, so one
// reader sees all sequences of a boot, and a partition is the unit that is owned, answered for and merged.

export const partitionsCount = 16
/** Without a cluster there is one aggregator, and it keeps everything as this one. */
export const embeddedPartition = 0

/** FNV-1a over UTF-16 units. It must never change: what is in a stream was filed by it. */
export function partitionOf(node: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < node.length; i++) hash = Math.imul(hash ^ node.charCodeAt(i), 0x01000193)
  // The low bits of this hash alone are poor for names that differ in one digit.
  hash ^= hash >>> 16
  return (hash >>> 0) % partitionsCount
}

export function isPartition(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < partitionsCount
}
