// One record per request and one per upstream attempt. They carry what billing, metrics, the request history and the
// routing weights need, and nothing else: no bodies, no credentials. `codec.ts` encodes them.
import type { BillableUnits } from '../usage/billable-units.ts'
import type { TokenCounts } from '../usage/token-counts.ts'
import type { Beat } from './beats.ts'
import type { LedgerQuestion } from './ledger-queries.ts'

export type RequestStatus =
  | 'ok' // answered by an upstream, the demo provider or the cache
  | 'refused' // rejected by the gateway before any attempt: framing, key, model, body, limit
  | 'failed' // every attempt failed
  | 'client-aborted'
  | 'cut' // an error after the first byte of a stream

export type CacheStatus = 'HIT' | 'SEMANTIC_HIT' | 'MISS' | 'BYPASS'

export interface RequestRecord {
  requestId: string
  /** Wall clock at arrival, ms since the epoch. */
  atMs: number
  route: string // '/v1/chat/completions'
  status: RequestStatus
  /** HTTP status sent to the caller; 0 when the caller left before one was sent. */
  httpStatus: number
  /** The gateway's error code, '' when none. */
  errorCode: string
  keyId: string // '' when the request was rejected before the key was known
  team: string
  user: string
  app: string
  costCenter: string
  /** The model as configured (an alias or `provider/model`), '' when the request was rejected before it was known. */
  model: string
  /** The name that was asked for, sanitized, where it is not a configured one. */
  askedModel?: string | undefined
  /** What has rejected or cut the request: `limits/…`, `budgets/…`, or `providers/…` for a quota. */
  limitedBy?: string | undefined
  stream: boolean
  attempts: number
  fallbackIndex: number
  cacheStatus: CacheStatus
  /** Whether the counts are estimates, because the upstream gave none. */
  estimated: boolean
  tokens: TokenCounts
  costNanoUsd: number
  /** Whether the cost is unknown: the model has no price, or the answer does not report what is charged. */
  unpriced?: boolean | undefined
  measure?: BillableUnits | undefined
  savedNanoUsd: number
  /** Time from the last byte of the request to the last byte of the answer, µs. */
  totalUs: number
  /** `totalUs` without the time spent waiting for upstreams, µs. */
  overheadUs: number
  /** Time to the first content byte forwarded, µs; 0 for unary answers. */
  ttftUs: number
  configRevision: number
}

/** What the cost of an attempt rests on. */
export type AttemptSettlement =
  /** The upstream reported what it used, or nothing was charged. */
  | 'reported'
  /** The tokens are counted by the gateway, because the upstream reported none. */
  | 'estimated'
  /** The attempt ended without an answer that could be counted, and may have been charged: the most that it can cost. */
  | 'bound'
  /** The proxy was killed during the attempt; its next start settled it on the most that it can cost. */
  | 'interrupted'
  /** The cost is not known. */
  | 'unpriced'

export type AttemptOutcome =
  | 'ok'
  | 'http-error'
  | 'connect'
  | 'timeout'
  | 'reset'
  | 'protocol'
  | 'tls'
  | 'aborted'
  | 'auth'

export interface AttemptRecord {
  requestId: string
  atMs: number
  /** The number of the attempt; 0 for the first. */
  index: number
  keyId: string
  team: string
  user: string
  app: string
  model: string
  provider: string
  /** The model's name at the provider. */
  target: string
  /** The target's share of the traffic when latency routing chose it, in thousandths; 0 under any other routing. */
  share: number
  /** The revision of the proxy's weight table that the choice was made from; 0 without one. */
  sharesRevision: number
  outcome: AttemptOutcome
  /** 0 when no status line arrived. */
  upstreamStatus: number
  /** What the upstream said of its own failure, shortened, and without anything that looks like a key. */
  upstreamText?: string | undefined
  /** Another attempt was due at a provider whose retry budget was spent, and was not made. */
  retryWithheld?: true | undefined
  /** Targets before this one were passed over, because a limit had no room for an attempt there. */
  passedOver?: true | undefined
  /** The wait for the quota of the provider before the attempt, µs. */
  queuedUs?: number | undefined
  stream: boolean
  tokens: TokenCounts
  costNanoUsd: number
  /** Time from the first byte of the request to the first byte of the answer, µs; 0 when none came. */
  firstByteUs: number
  /** Time to the first content chunk of a stream, µs. */
  ttftUs: number
  /** Mean time between content chunks, µs; 0 with fewer than two. */
  interTokenUs: number
  totalUs: number
  /** Absent: `reported`. */
  settlement?: AttemptSettlement | undefined
}

export type NodeRole = 'proxy' | 'aggregator' | 'control' | 'all'

export interface LinkState {
  connected: boolean
  /** How long the connection has been in this state. */
  forMs: number
  /** The number of times that the connection was restored. */
  reconnects: number
  /** The reason why there is no connection. */
  trouble?: string
  /** Messages of others that were lost, since the start. */
  missed: number
  /** Messages that were being sent when a connection was lost, since the start. */
  uncertain: number
  /** This node's copy of the configuration log, if it keeps one. */
  log?: LinkLogState
  queues: Record<string, { length: number; dropped: number }>
}

/** Why a message between nodes was not believed. */
export type RefusedKind =
  /** It has no MAC. */
  | 'unsigned'
  /** Its MAC is under a master key that is not configured here. */
  | 'unknown-key'
  | 'forged'
  /** It was received before. */
  | 'replayed'
  /** It was sent at another time, as far as clocks tell. */
  | 'stale'
  /** It names an epoch of the future. */
  | 'epoch'

export interface MessageCount {
  channel: string
  /** `late`: overtaken by a later one, and of no use. `unsigned-accepted`: believed, during an upgrade. */
  kind: RefusedKind | 'late' | 'unsigned-accepted'
  count: number
}

export interface LinkLogState {
  /** `following`, or the reason why the node does not follow the log. */
  state: string
  copyRevision: number
  /** The last known revision of the stream. */
  streamRevision?: number
  /** How long the copy may have been incomplete. */
  lagMs: number
}

export interface NodeHeartbeat {
  node: string
  role: NodeRole
  region: string
  version: string
  revision: number
  hash: string
  lagMs: number
  draining: boolean
  atMs: number
  /** The heartbeat's count; older releases send none. */
  beat?: Beat
  /** Length of each bounded queue, and what it dropped since the start, by name. */
  queues: Record<string, { length: number; dropped: number }>
  /** Reasons why the node is not fully healthy, one sentence each. */
  troubles?: string[]
  /** Ids of the master keys that the node has: the first one signs and seals. Older releases send none. */
  masterKeys?: readonly string[]
  /** The state of the connection to the cluster; absent without a cluster. Its queues are in `queues`. */
  link?: Omit<LinkState, 'queues'>
  /** The state of a proxy's targets. */
  targets?: TargetLoad[]
  process?: ProcessLoad
  /** A proxy's memory for request bodies, and for what is made of them; older releases send none. */
  bodyMemory?: Readonly<Record<'bodies' | 'parsed', BodyMemoryUse>>
  /** A proxy's rejected requests since its start, by error code: those of unknown callers leave no other record. */
  refusals?: Record<string, number>
  /** A proxy's requests beyond a limit since its start, by `name mode`: rejected (`enforce`) or let through (`report`). */
  limits?: Record<string, number>
  /** A proxy's answers whose cost nobody knows since its start, by model. */
  unpriced?: Record<string, number>
  /** Messages of other nodes that the process did not believe since its start. Absent: none. */
  refusedMessages?: MessageCount[]
  /** The budgets that a proxy spends of, by name. */
  budgets?: Record<string, BudgetLoad>
  /** What a proxy knows of the quotas of providers; absent where it knows of none. */
  quotas?: QuotaLoad | undefined
}

/** The quotas of providers, and the queues in front of them. */
export interface QuotaLoad {
  /** The limits of accounts, those of which least is left first. */
  limits: QuotaLimitLoad[]
  /** Requests that wait, by provider and model. */
  queues: { provider: string; model: string; length: number }[]
  /** Waits since the start, by the bounds of `quotaWaitBoundsMs`, and their sum. */
  waits: number[]
  waitedMs: number
  /** Requests that were told to come again. */
  sheds: number
}

/** Upper bounds of waits for a quota, in milliseconds. Longer ones stand behind them. */
export const quotaWaitBoundsMs = [10, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000] as const

export interface QuotaLimitLoad {
  provider: string
  credential: string
  model: string
  /** What is limited: `requests`, `tokens`, `inputTokens` or `outputTokens`. */
  unit: string
  limit: number
  /** What is left for all proxies, as this one knows it. */
  remaining: number
}

export interface BodyMemoryUse {
  bytes: number
  bytesMax: number
  /** Refusals for want of it since the start, by whose part was used up. */
  refusals: Readonly<Record<'all' | 'team' | 'key', number>>
}

/** What a proxy knows of a budget in its present window. Amounts are in USD. */
export interface BudgetLoad {
  limitUsd: number
  /** Spent by all proxies, as this one was told last. */
  spentUsd: number
  /** What this proxy holds and has not spent. */
  leasedUsd: number
  /** Requests that this proxy rejected since its start. */
  rejected: number
  /** Streams that this proxy ended since its start; absent from older releases. */
  cut?: number
}

export interface ProcessLoad {
  rssBytes: number
  /** The heap of the thread that tells this, and its limit; older releases send neither. */
  heapBytes?: number
  heapBytesMax?: number
  /** The open requests of a proxy. */
  openRequests?: number
  /** The delay of timers since the last heartbeat. */
  eventLoopLagMs: { p50: number; p99: number; max: number }
}

export interface TargetLoad {
  model: string
  provider: string
  target: string
  /** The model has no entry in the configuration: its name was chosen by a caller. */
  direct?: true
  weight: number
  inFlight: number
  health: 'healthy' | 'degraded' | 'ejected'
  /** The target's current share of the traffic under latency routing, for streams and for unary answers. */
  share?: { stream: number; whole: number }
}

/** A query that control nodes send to aggregators over the bus (`subjects.aggregatorQuery`). */
export type AggregatorQuery = AggregatorQuestion & {
  /** The partitions to answer for; absent for all that the aggregator keeps. */
  partitions?: number[]
}

export type AggregatorQuestion =
  | { type: 'usage'; groupBy: string[]; fromMs?: number; toMs?: number }
  | { type: 'requests'; limit: number; before?: string; filter?: Record<string, string> }
  | { type: 'request'; id: string }
  | { type: 'targets' }
  | { type: 'metrics' }
  | LedgerQuestion
