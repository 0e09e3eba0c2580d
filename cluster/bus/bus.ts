// How nodes reach one another: named subjects, messages of bytes. Publishing is fire-and-forget and never blocks; what
// must not be lost goes through a spool or the log, not through the bus alone. One contract suite holds for every adapter
// (`bus-contract.ts`): in one process and between its threads (`local-bus.ts`), and over NATS (`nats-bus.ts`).
import type { Result } from '../../shared/result.ts'
import { subjectToken } from './subject-token.ts'

export interface Bus {
  /** Gives `payload` away: the caller must not touch the bytes afterwards (they may move to another thread). */
  publish(subject: string, payload: Uint8Array): void
  /** `subject` may end in `.*`, which matches one more token. */
  subscribe(subject: string, receive: (payload: Uint8Array, subject: string) => void): Subscription
  /** Asks whoever serves `subject`. */
  request(subject: string, payload: Uint8Array, timeoutMs: number): Promise<Result<Uint8Array, BusRefusal>>
  /** Answers requests on `subject`; where several do, one of them gets each request. A throw in `answer` is told to the asker as `failed`. */
  serve(subject: string, answer: (payload: Uint8Array) => Promise<Uint8Array> | Uint8Array): Subscription
  close(): void
}

export interface Subscription {
  stop(): void
}

export type BusRefusal =
  /** After the whole time, or sooner where it is sure that no answer comes. */
  | { type: 'no-answer'; subject: string; afterMs: number }
  | { type: 'failed'; message: string }
  /** The network takes no message of this size: nothing was sent. */
  | { type: 'too-large'; subject: string; bytes: number; bytesMax: number }

/** Subjects, with what travels on them. JSON unless said otherwise. */
export const subjects = {
  /** From the log's writer: `{revision}` was appended. A hint: followers also look by themselves. */
  configAppended: 'config.appended',
  /** From every follower, after its swap: `{node, revision, hash}`. */
  configApplied: 'config.applied',
  /** From the thread that keeps the data keys of this process: it holds others now. A hint. */
  keysChanged: 'keys.changed',
  /** msgpack batch, `shared/telemetry/batch.ts`. */
  telemetryBatch: 'telemetry.batch',
  /** `{node, epoch, sequence}`: every record up to `sequence` is stored durably. */
  telemetryStored: 'telemetry.stored',
  /** `{isAccepting}` each second and at each change, from whoever carries batches on: while it is false they stay in the
   *  spool. Inside one process. */
  telemetryFlow: 'telemetry.flow',
  /** `NodeHeartbeat`, each second. */
  heartbeat: 'node.heartbeat',
  /** From every aggregator of a cluster, each second and at each change: `KeepingMessage`. */
  keeping: 'node.keeping',
  /** From the one publisher, each second: `WeightsMessage`. */
  weights: 'weights',
  /** From the owner of each partition, each second: `Partial`, what its partition knows of objectives and targets. */
  sloPartial: 'slo.partial',
  /** From the one publisher, each second: `SloState`. */
  sloState: 'slo.state',
  /** `LinkState`, each second and at each change, from the thread of a process that holds its connection to NATS. */
  linkState: 'link.state',
  /** Request to the thread that holds the state of requests (`cluster/state/bus-state-store.ts`). Inside one process. */
  stateRequest: 'state.request',
  /** Request to the aggregator: `AggregatorQuery` → its answer. */
  aggregatorQuery: 'aggregator.query',
} as const

/** `telemetryStored` for one node by name, between processes. */
export function telemetryStoredOf(node: string): string {
  return `${subjects.telemetryStored}.${subjectToken(node)}`
}

/** Request to one aggregator by name: `AggregatorQuery` → its answer. */
export function aggregatorQueryOf(node: string): string {
  return `${subjects.aggregatorQuery}.${subjectToken(node)}`
}

export function encodeJson(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value))
}

export function decodeJson(payload: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(payload))
}
