// A charge that another node decides about, in msgpack: `[owner, key, kind, capacity, perMs, amount, window]`. The answer is the
// wait in milliseconds: 0 when the amount is taken, null when the question was not understood.
import { decode, encode } from '@msgpack/msgpack'
import type { BucketRule } from './bucket-rule.ts'

export interface ChargeRequest {
  /** Names the bucket on every node. */
  readonly key: number
  readonly rule: BucketRule
  readonly amount: number
  readonly window: number
  /** The time that is left of the window by this node's clock; undefined where there is no window, or another node asks. */
  readonly windowLeftMs?: number | undefined
  /** The demand was told before. Another node counts what it is asked. */
  readonly isWanted?: boolean
}

export function encodeCharge(owner: string, { key, rule, amount, window }: ChargeRequest): Uint8Array {
  return encode([owner, key, rule.kind, rule.capacity, rule.perMs, amount, window])
}

export function decodeCharge(payload: Uint8Array): { owner: string; request: ChargeRequest } | undefined {
  const values = decoded(payload)
  if (!Array.isArray(values)) return undefined
  const [owner, key, kind, capacity, perMs, amount, window] = values as unknown[]
  if (typeof owner !== 'string' || (kind !== 'flow' && kind !== 'window')) return undefined
  if (!isAmount(key) || !isAmount(capacity) || !isAmount(perMs) || !isAmount(amount) || !isWindow(window))
    return undefined
  return { owner, request: { key, rule: { kind, capacity, perMs }, amount, window } }
}

export function encodeWait(waitMs: number | undefined): Uint8Array {
  return encode(waitMs ?? null)
}

export function decodeWait(payload: Uint8Array): number | undefined {
  const value = decoded(payload)
  return isAmount(value) ? value : undefined
}

function isAmount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}

function isWindow(value: unknown): value is number {
  return isAmount(value) && Number.isInteger(value) && value < 2 ** 32
}

function decoded(payload: Uint8Array): unknown {
  try {
    return decode(payload)
  } catch {
    return undefined
  }
}
