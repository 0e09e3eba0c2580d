// Decodes a heartbeat. The sender is one of our own nodes, of this release or another.
import type { NodeHeartbeat } from '../../shared/telemetry/records.ts'
import { decodeJson } from '../bus/bus.ts'

/** Checks the fields that readers rely on; returns undefined for anything else. */
export function decodeHeartbeat(payload: Uint8Array): NodeHeartbeat | undefined {
  const value = jsonOf(payload)
  if (typeof value !== 'object' || value === null) return undefined
  const { node, role, revision, hash, queues, targets } = value as Partial<NodeHeartbeat>
  if (typeof node !== 'string' || typeof role !== 'string') return undefined
  if (typeof revision !== 'number' || typeof hash !== 'string') return undefined
  if (typeof queues !== 'object' || queues === null) return undefined
  if (targets !== undefined && !Array.isArray(targets)) return undefined
  return value as NodeHeartbeat
}

function jsonOf(payload: Uint8Array): unknown {
  try {
    return decodeJson(payload)
  } catch {
    return undefined
  }
}
