// Assigns partitions to nodes by rendezvous hashing (Thaler, Ravishankar: "Using name-based mappings to increase hit
// rates", 1998). Each node has a rank for each partition; the first owns it, the second is its standby. Nodes that know
// the same nodes get the same assignment, and a node that comes or goes moves only its own partitions.

export interface Keepers {
  owner: string | undefined
  standby: string | undefined
}

export function keepersOf(partition: number, nodes: Iterable<string>): Keepers {
  const ranked = [...nodes]
    .map((node) => ({ node, rank: rankOf(partition, node) }))
    .sort((a, b) => b.rank - a.rank || (a.node < b.node ? -1 : 1))
  return { owner: ranked[0]?.node, standby: ranked[1]?.node }
}

/** Hashes by FNV-1a and the finalizer of MurmurHash3, without which names that differ in their last letter get similar
 *  ranks. */
function rankOf(partition: number, node: string): number {
  let hash = 0x811c9dc5
  const text = `${partition}/${node}`
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
