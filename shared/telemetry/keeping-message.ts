// The message that an aggregator sends each second about its partitions: other aggregators learn which replicas exist
// and how complete they are, and control nodes whom to query.
import { isPartition } from './partition.ts'

export interface KeepingMessage {
  node: string
  /** The boot of the sender: two nodes under one name are detected by it. */
  boot: string
  /** Increases within a boot; absent from releases that do not count. */
  count?: number
  partitions: KeptPartition[]
}

export interface KeptPartition {
  partition: number
  /** The epoch of the lease, while this node owns the partition. */
  epoch?: number
  /** Whether the node had everything within the last seconds. */
  isCaughtUp: boolean
  /** How long the node may have been incomplete. */
  lagMs: number
  /** The time since which nothing recorded is missing. */
  completeSinceMs: number
  /** Everything up to this message of the stream is committed. */
  sequence: number
}

/** Decodes a message of keepers; undefined for other bytes. The sender is one of our own nodes. */
export function decodeKeeping(payload: Uint8Array): KeepingMessage | undefined {
  const value = jsonOf(payload) as Partial<KeepingMessage> | undefined
  if (typeof value !== 'object' || value === null) return undefined
  const { node, boot, count, partitions } = value
  if (typeof node !== 'string' || typeof boot !== 'string' || !Array.isArray(partitions)) return undefined
  if (!partitions.every(isKept)) return undefined
  const isCounted = typeof count === 'number' && Number.isSafeInteger(count)
  return { node, boot, ...(isCounted ? { count } : {}), partitions }
}

function isKept(value: unknown): value is KeptPartition {
  if (typeof value !== 'object' || value === null) return false
  const { partition, epoch, isCaughtUp, lagMs, completeSinceMs, sequence } = value as Partial<KeptPartition>
  if (!isPartition(partition) || (epoch !== undefined && !Number.isSafeInteger(epoch))) return false
  if (typeof isCaughtUp !== 'boolean') return false
  return [lagMs, completeSinceMs, sequence].every((number) => typeof number === 'number')
}

function jsonOf(payload: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(payload))
  } catch {
    return undefined
  }
}
