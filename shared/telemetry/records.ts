// One record per request and one per upstream attempt. They carry what billing, metrics, the request history and the
// routing weights need, and nothing else: no bodies, no credentials. Encoded by hand as fixed-order msgpack arrays in
// `codec.ts`; this page is their vocabulary.
import type { BillableUnits } from '../usage/billable-units.ts'
import type { TokenCounts } from '../usage/token-counts.ts'
import type { Beat } from './beats.ts'

export type RequestStatus =
  | 'ok' // answered by an upstream, the demo provider or the cache
  | 'refused' // by us, before any attempt: framing, key, model, body, limit
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
  /** Our error code, '' when none. */
  errorCode: string
  keyId: string // '' when refused before the key was known
  team: string
  user: string
  app: string
  costCenter: string
  /** The model as configured (an alias or `provider/model`), '' when refused before it was known. */
  model: string
  stream: boolean
  attempts: number
  fallbackIndex: number
  cacheStatus: CacheStatus
  /** True when the counts are our estimate, because the upstream gave none. */
  estimated: boolean
  tokens: TokenCounts
  costNanoUsd: number
  /** True when what it cost is not known: the model has no price, or the answer does not tell what the price is for. */
  unpriced?: boolean | undefined
  measure?: BillableUnits | undefined
  savedNanoUsd: number
  /** From the last body byte in to the last byte out, in µs. */
  totalUs: number
  /** `totalUs` less the time spent waiting for upstreams, in µs. */
  overheadUs: number
  /** To the first content byte forwarded, in µs; 0 for unary answers. */
  ttftUs: number
  configRevision: number
}

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
  /** 0 for the first. */
  index: number
  keyId: string
  team: string
  user: string
  app: string
  model: string
  provider: string
  /** The model's name at the provider. */
  target: string
  /** Under latency routing, in thousandths: the target's part of the draw that chose it. 0 under any other. */
  share: number
  /** Which of the proxy's tables of shares the draw was made from; 0 without one. */
  sharesRevision: number
  outcome: AttemptOutcome
  /** 0 when no status line arrived. */
  upstreamStatus: number
  stream: boolean
  tokens: TokenCounts
  costNanoUsd: number
  /** From the request's first byte out to its answer's first byte in, µs; 0 when none came. */
  firstByteUs: number
  /** To the first content chunk of a stream, µs. */
  ttftUs: number
  /** Mean time between content chunks, µs; 0 with fewer than two. */
  interTokenUs: number
  totalUs: number
}

export type NodeRole = 'proxy' | 'aggregator' | 'control' | 'all'

export interface LinkState {
  connected: boolean
  /** For how long it has been so. */
  forMs: number
  /** Times that the connection came back. */
  reconnects: number
  /** Why it is away. */
  trouble?: string
  /** Messages of others that should have come and did not, since the start. */
  missed: number
  /** Messages that were on the way when a connection was lost, since the start. */
  uncertain: number
  /** This node's copy of the configuration log, where it keeps one. */
  log?: LinkLogState
  queues: Record<string, { length: number; dropped: number }>
}

export interface LinkLogState {
  /** `following`, or what keeps it from that. */
  state: string
  copyRevision: number
  /** As last heard. */
  streamRevision?: number
  /** How long the copy has not been known to hold everything. */
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
  /** Absent from releases that do not count them. */
  beat?: Beat
  /** Name of each bounded queue → its length and what it dropped since start. */
  queues: Record<string, { length: number; dropped: number }>
  /** What keeps the node from being wholly well, one sentence each. */
  troubles?: string[]
  /** How it stands to the rest of its cluster; absent where there is none. Its queues stand with the others. */
  link?: Omit<LinkState, 'queues'>
  /** A proxy's view of its targets. */
  targets?: TargetLoad[]
  process?: ProcessLoad
  /** A proxy's refusals since its start, by error code: callers whom nobody knows leave no other record. */
  refusals?: Record<string, number>
}

export interface ProcessLoad {
  rssBytes: number
  /** Of a proxy: requests that it has not finished. */
  openRequests?: number
  /** How late timers fired since the last heartbeat. */
  eventLoopLagMs: { p50: number; p99: number; max: number }
}

export interface TargetLoad {
  model: string
  provider: string
  target: string
  weight: number
  inFlight: number
  health: 'healthy' | 'degraded' | 'ejected'
  /** Under latency routing: the part of the draw that it has now, for streams and for whole answers. */
  share?: { stream: number; whole: number }
}

/** What control asks aggregators over the bus (`subjects.aggregatorQuery`). */
export type AggregatorQuery = AggregatorQuestion & {
  /** Only of these; of everything that is kept when absent. */
  partitions?: number[]
}

export type AggregatorQuestion =
  | { type: 'usage'; groupBy: string[]; fromMs?: number; toMs?: number }
  | { type: 'requests'; limit: number; before?: string; filter?: Record<string, string> }
  | { type: 'request'; id: string }
  | { type: 'targets' }
  | { type: 'metrics' }
