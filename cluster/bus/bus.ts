// The port by which nodes reach one another: named subjects with messages of bytes. Publishing is fire-and-forget and
// never blocks; data that must not be lost goes through a spool or the log, not through the bus alone. One contract
// suite holds for every adapter (`bus-contract.ts`): in one process and between its threads (`local-bus.ts`), and over
// NATS (`nats-bus.ts`).
import type { Result } from '../../shared/result.ts'
import { subjectToken } from './subject-token.ts'

export interface Bus {
  /** Sends `payload` to all subscribers. The caller must not touch the bytes afterwards: they may move to another
   *  thread. */
  publish(subject: string, payload: Uint8Array): void
  /** `subject` may end in `.*`, which matches one more token. */
  subscribe(subject: string, receive: (payload: Uint8Array, subject: string) => void): Subscription
  /** Sends a request to whoever serves `subject` and waits for the answer. */
  request(subject: string, payload: Uint8Array, timeoutMs: number): Promise<Result<Uint8Array, BusRefusal>>
  /** Answers requests on `subject`. When several serve one subject, one of them gets each request. When `answer`
   *  throws, the requester gets `failed`. */
  serve(subject: string, answer: (payload: Uint8Array) => Promise<Uint8Array> | Uint8Array): Subscription
  close(): void
}

export interface Subscription {
  stop(): void
}

export type BusRefusal =
  /** The time is over, or it is certain that no answer comes. `afterMs` says how long the requester waited. */
  | { type: 'no-answer'; subject: string; afterMs: number }
  | { type: 'failed'; message: string }
  /** The network accepts no message of this size: nothing was sent. */
  | { type: 'too-large'; subject: string; bytes: number; bytesMax: number }

/** Subjects and the messages on them. Messages are JSON unless a comment says otherwise. */
export const subjects = {
  /** `{revision}`: the writer of the log has appended up to `revision`. A hint: followers also poll. */
  configAppended: 'config.appended',
  /** `{node, revision, hash}`: a follower has put this revision to use. */
  configApplied: 'config.applied',
  /** The data keys of this process have changed. The thread that keeps them sends it; a hint. */
  keysChanged: 'keys.changed',
  /** A batch of records in msgpack, see `shared/telemetry/batch.ts`. */
  telemetryBatch: 'telemetry.batch',
  /** `{node, epoch, sequence}`: every record up to `sequence` is stored durably. */
  telemetryStored: 'telemetry.stored',
  /** `{isAccepting}`, each second and at each change, from the part that forwards batches. While it is false, batches
   *  stay in the spool. It does not leave the process. */
  telemetryFlow: 'telemetry.flow',
  /** `NodeHeartbeat`, each second, from every node. */
  heartbeat: 'node.heartbeat',
  /** `KeepingMessage`, each second and at each change, from every aggregator of a cluster. */
  keeping: 'node.keeping',
  /** `WeightsMessage`, each second, from the one aggregator that publishes the weights. */
  weights: 'weights',
  /** `Partial`, each second, from the owner of each partition: what it knows of objectives and targets. */
  sloPartial: 'slo.partial',
  /** `SloState`, each second, from the one aggregator that publishes it. */
  sloState: 'slo.state',
  /** What a node has charged to shared buckets (`cluster/gossip/frame.ts`, msgpack), five times a second, from every proxy. */
  gossip: 'gossip',
  /** What a node tells one other node about shared buckets, where there are so many that they relay (`cluster/gossip/relays/`): between
   *  processes followed by the name of that node, within its process as it is. */
  gossipTo: 'gossip.to',
  /** A charge that another node decides about (`cluster/gossip/charge-request.ts`, msgpack), from the proxy to the thread with
   *  the connection. It does not leave the process. */
  gossipAsk: 'gossip.ask',
  /** The same at the node that decides: between processes followed by its name, within its process as it is. */
  gossipCharge: 'gossip.charge',
  /** When sessions began that are new to a proxy, or are known longer than another one says; from every proxy. */
  sessionStarts: 'session.starts',
  /** Reports of a proxy to the register of budgets (`cluster/budgets/bus-register.ts`), and a request for all ledgers. They do not
   *  leave the process. */
  budgetReport: 'budget.report',
  budgetList: 'budget.list',
  /** `LedgerKey`: a request waits for what others hold of a budget in reserve. From a register to every proxy; a hint. */
  budgetRecall: 'budget.recall',
  /** `BudgetAlert`: a budget has passed a threshold. */
  budgetAlert: 'budget.alert',
  /** `LinkState`, each second and at each change, from the thread that holds the process's connection to NATS. */
  linkState: 'link.state',
  /** Troubles by part (`process-standing.ts`), each second, from the main thread. It does not leave the process. */
  processStanding: 'process.standing',
  /** A request to the thread that holds the state of requests (`cluster/state/bus-state-store.ts`). It does not leave
   *  the process. */
  stateRequest: 'state.request',
  /** A request to the aggregator: `AggregatorQuery` → its answer. */
  aggregatorQuery: 'aggregator.query',
} as const

/** The subject of `telemetryStored` for one node. Processes use it; within a process the plain subject is enough. */
export function telemetryStoredOf(node: string): string {
  return `${subjects.telemetryStored}.${subjectToken(node)}`
}

/** The subject of a request to one aggregator by name: `AggregatorQuery` → its answer. */
export function aggregatorQueryOf(node: string): string {
  return `${subjects.aggregatorQuery}.${subjectToken(node)}`
}

/** The subjects of what single nodes are told about shared buckets, and that of one of them. */
export const gossipToAny = `${subjects.gossipTo}.*`

export function gossipTo(node: string): string {
  return `${subjects.gossipTo}.${subjectToken(node)}`
}

/** The subject of requests to one node about the buckets that it decides for. */
export function gossipChargeOf(node: string): string {
  return `${subjects.gossipCharge}.${subjectToken(node)}`
}

export function encodeJson(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value))
}

export function decodeJson(payload: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(payload))
}
