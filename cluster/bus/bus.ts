// How nodes reach one another: named subjects, messages of bytes. Publishing is fire-and-forget and never blocks; what
// must not be lost goes through a spool or the log, not through the bus alone. One contract suite holds for every adapter
// (`bus-contract.ts`): in-process and between threads now, NATS in a cluster.
import type { Result } from '../../shared/result.ts'

export interface Bus {
  /** Gives `payload` away: the caller must not touch the bytes afterwards (they may move to another thread). */
  publish(subject: string, payload: Uint8Array): void
  /** `subject` may end in `.*`, which matches one more token. */
  subscribe(subject: string, receive: (payload: Uint8Array, subject: string) => void): Subscription
  /** Asks whoever serves `subject`. */
  request(subject: string, payload: Uint8Array, timeoutMs: number): Promise<Result<Uint8Array, BusRefusal>>
  /** Answers requests on `subject`. A throw in `answer` is told to the asker as `failed`. */
  serve(subject: string, answer: (payload: Uint8Array) => Promise<Uint8Array> | Uint8Array): Subscription
  close(): void
}

export interface Subscription {
  stop(): void
}

export type BusRefusal = { type: 'no-answer'; subject: string; afterMs: number } | { type: 'failed'; message: string }

/** Subjects, with what travels on them. JSON unless said otherwise. */
export const subjects = {
  /** From the log's writer: `{revision}` was appended. A hint: followers also look by themselves. */
  configAppended: 'config.appended',
  /** From every follower, after its swap: `{node, revision, hash}`. */
  configApplied: 'config.applied',
  /** msgpack batch, `shared/telemetry/batch.ts`. */
  telemetryBatch: 'telemetry.batch',
  /** `{node, epoch, sequence}`: every record up to `sequence` is stored durably. */
  telemetryStored: 'telemetry.stored',
  /** `NodeHeartbeat`, each second. */
  heartbeat: 'node.heartbeat',
  /** Request to the aggregator: `AggregatorQuery` → its answer. */
  aggregatorQuery: 'aggregator.query',
} as const

export function encodeJson(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value))
}

export function decodeJson(payload: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(payload))
}
