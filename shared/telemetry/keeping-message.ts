// What an aggregator says each second of the partitions that it keeps: others learn from it who is there and how far, control
// nodes whom to ask.
import { isPartition } from './partition.ts'

export interface KeepingMessage {
  node: string
  /** Of this boot: two that run under one name are noticed by it. */
  boot: string
  /** Counts up within a boot; absent from releases that do not count. */
  count?: number
  partitions: KeptPartition[]
}

export interface KeptPartition {
  partition: number
  /** Of its lease, while this node owns it. */
  epoch?: number
  /** It had everything there was within the last seconds. */
  isCaughtUp: boolean
  /** For how long it may not have had everything. */
  lagMs: number
  /** Nothing recorded since then is missing. */
  completeSinceMs: number
  /** Everything up to this message of the stream is committed. */
  sequence: number
}

/** Undefined for bytes that are no such message; the sender is one of our own nodes. */
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
