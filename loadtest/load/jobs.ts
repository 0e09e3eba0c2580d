// What a load generator can be asked to do, and what it answers. Jobs and results are plain data: they cross a process
// boundary, so that the generator's event loop serves nothing else.
import type { ArrivalProfile } from './arrivals.ts'
import type { LatencySummary } from './histogram.ts'

/** Destination of a request: a port of 127.0.0.1, without TLS. */
export interface Target {
  port: number
  method: string
  path: string
  headers: Record<string, string>
  body: string
}

export interface ClosedLoopJob {
  kind: 'closed'
  target: Target
  connections: number
  /** One of both. */
  seconds?: number
  count?: number
  expectedStatus: number
}

export interface OpenLoopJob {
  kind: 'open'
  target: Target
  /** More arrivals than this at once wait for a connection; their latency counts from the intended time all the same. */
  connections: number
  ratePerSecond: number
  seconds: number
  profile: ArrivalProfile
  seed: number
  expectedStatus: number
}

/** Streams back to back on each connection. None is cut at the end: those that have begun are read to their end. */
export interface StreamsJob {
  kind: 'streams'
  target: Target
  connections: number
  seconds?: number
  count?: number
  /** Frames that each stream must have, `[DONE]` included. */
  framesMin: number
  framesMax: number
}

/** One exchange, looked at closely. */
export interface ProbeJob {
  kind: 'probe'
  target: Target
}

/** Opens streams and leaves them open until `finish-idle`. */
export interface OpenIdleJob {
  kind: 'open-idle'
  target: Target
  connections: number
  /** `reading`: until the first chunk came; `stopped`: after it nothing more is read. */
  readers: 'reading' | 'stopped'
}

/** Reads open streams to their end until none has ended for a while, then drops the rest. */
export interface FinishIdleJob {
  kind: 'finish-idle'
  quietMs: number
}

export type Job = ClosedLoopJob | OpenLoopJob | StreamsJob | ProbeJob | OpenIdleJob | FinishIdleJob

export interface LoadResult {
  /** Whole answers with the expected status and, for streams, the expected frames. */
  answered: number
  frames: number
  bodyBytes: number
  /** Answers with another status, by status. */
  unexpected: Record<string, number>
  /** Streams whole by HTTP but with frames missing. */
  framesLost: number
  /** Connections that broke before an answer was whole. */
  broken: number
  /** Open loop: requests sent more than a millisecond after their time. */
  late: number
  seconds: number
  latency: LatencySummary
  firstByte: LatencySummary
  /** Milliseconds of CPU that the generator itself used. */
  generatorCpuMs: number
}

export interface ProbeResult {
  status: number
  sha256: string
  bodyBytes: number
  frames: number
  /** The first 2,000 bytes, to say what was wrong. */
  text: string
}

export interface IdleResult {
  open: number
  /** Streams that broke; after finishing also those that did not end. */
  dropped: number
  completed: number
}

/** Whatever makes the figures of a run unusable, in words; undefined when there is nothing. */
export function troubleOf(result: LoadResult): string | undefined {
  const statuses = Object.entries(result.unexpected).map(([status, count]) => `${count} x status ${status}`)
  const broken = result.broken > 0 ? [`${result.broken} connections broke`] : []
  const lost = result.framesLost > 0 ? [`${result.framesLost} streams lost frames`] : []
  const none = result.answered === 0 ? ['nothing was answered'] : []
  const all = [...statuses, ...broken, ...lost, ...none]
  return all.length === 0 ? undefined : all.join(', ')
}
