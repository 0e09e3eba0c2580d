// A charge that another node decides about, in msgpack: `[owner, key, kind, capacity, perMs, amount, window, id]`. The answer is the
// wait in milliseconds: 0 when the amount is taken, null when the question was not understood. Where no answer came, the asker
// decides by itself and takes the question back: `[owner, key, 'void', 0, 0, 0, 0, id]`.
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
  /** Now, by this node's monotonic clock, where the asker has looked at it. */
  readonly nowMs?: number
  /** Where the bucket was when it was last charged: a guess that spares looking for it. */
  readonly slot?: number
  /** The demand was told before. Another node counts what it is asked. */
  readonly isWanted?: boolean
}

export interface AskedCharge {
  readonly owner: string
  /** Names the question among all that there are; empty: the asker is of a release that names none. */
  readonly id: string
  /** Undefined: the question is taken back. */
  readonly request: ChargeRequest | undefined
}

const idCharsMax = 300
/** Nodes of earlier releases do not know this kind, and do nothing. */
const voidKind = 'void'

export function encodeCharge({ owner, id }: Omit<AskedCharge, 'request'>, request: ChargeRequest): Uint8Array {
  const { key, rule, amount, window } = request
  return encode([owner, key, rule.kind, rule.capacity, rule.perMs, amount, window, id])
}

export function encodeVoid({ owner, id }: Omit<AskedCharge, 'request'>): Uint8Array {
  return encode([owner, 0, voidKind, 0, 0, 0, 0, id])
}

export function decodeCharge(payload: Uint8Array): AskedCharge | undefined {
  const values = decoded(payload)
  if (!Array.isArray(values)) return undefined
  const [owner, key, kind, capacity, perMs, amount, window, id = ''] = values as unknown[]
  if (typeof owner !== 'string' || typeof id !== 'string' || id.length > idCharsMax) return undefined
  if (kind === voidKind) return { owner, id, request: undefined }
  if (kind !== 'flow' && kind !== 'window') return undefined
  if (!isAmount(key) || !isAmount(capacity) || !isAmount(perMs) || !isAmount(amount) || !isWindow(window))
    return undefined
  return { owner, id, request: { key, rule: { kind, capacity, perMs }, amount, window } }
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
