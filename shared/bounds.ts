// Every bound in one place, checked against each other at start. A number that grows with traffic or history and stands
// nowhere here is a bug.
import assert from 'node:assert/strict'

export const bounds = {
  /** Depth of nested JSON accepted from a caller. */
  jsonDepthMax: 64,
  /** The size of one change set (one event of the configuration log) as stored. */
  changeSetBytesMax: 512 << 10,
  /** Items of one page of a list answer. */
  pageItemsMax: 1_000,
  adminBodyBytesMax: 4 << 20,
  /** Open connections of the control port and of an ops port, and those that are kept for health checks beyond them. */
  controlConnectionsMax: 512,
  opsConnectionsMax: 128,
  healthConnectionsMax: 32,
  headerBytesMax: 16_384,
  /** Bytes not yet taken by a slow reader of one stream; above it the stream is cut. */
  streamBufferBytesMax: 256 << 10,
  /** Time in all that a stream's reader may refuse bytes within a minute. */
  slowReaderMsPerMinuteMax: 10_000,
  /** The size of one WebSocket message. The largest that the realtime API takes has 15 MiB of audio. */
  socketMessageBytesMax: 16 << 20,
  /** Bytes of a WebSocket that one side has sent and the other has not taken. Above it the upstream is paused; a client,
   *  which cannot be paused, is closed at four times as much. */
  socketBufferBytesMax: 4 << 20,
  /** A WebSocket on which nothing was said for so long is closed. */
  socketIdleMs: 15 * 60_000,
  /** How long one side may take none of what is buffered for it. */
  socketStalledMs: 10_000,
  socketsOpenMax: 4_096,
  /** All request bodies in memory at one time, in bytes; above it requests are shed. Where memory is small, it is less. */
  bodiesInFlightBytesMax: 1 << 30,
  /** A body that is parsed and printed is worked on in another process above this size, in bytes. The worst of this size holds the
   *  event loop for 40 ms. */
  parsedHereBytesMax: 256 << 10,
  /** A body is read in slices above this size, in bytes: in one piece the worst of 64 MiB takes 250 ms, and one of this size 4 ms. */
  readAtOnceBytesMax: 1 << 20,
  /** An answer that passes through is judged in another process above this size, in bytes: the worst of it, which reports no usage and is
   *  parsed, holds the event loop for 35 ms. */
  judgedHereBytesMax: 2 << 20,
  /** All that is made of request bodies at one time (parsed forms, copies), in bytes; above it requests are shed. */
  parsedBodiesBytesMax: 1 << 30,
  /** An answer that is not a stream and has to be held whole, in bytes. */
  unaryAnswerBytesMax: 64 << 20,
  upstreamHeaderBytesMax: 64 << 10,
  /** Idle connections kept for the next request; the longest unused one is closed first. */
  upstreamIdlePerOriginMax: 1_024,
  upstreamConnectionsPerOriginMax: 16_384,
  /** Telemetry records that wait for an aggregator in memory; they are in the spool as well. */
  telemetryQueueRecordsMax: 65_536,
  telemetryBatchBytesMax: 256 << 10,
  telemetryFlushMs: 100,
  spoolBytesMax: 1 << 30,
  spoolSegmentBytesMax: 16 << 20,
  /** The size from which on the journal of intents is written anew, with those that are open. */
  intentFileBytesMax: 16 << 20,
  /** The stream that carries usage to aggregators; the server sets it aside when the stream is made. */
  usageStreamBytesMax: 2 * 2 ** 30,
  /** The longest stay in the stream: an aggregator that was away for so long begins anew. */
  usageStreamDays: 7,
  /** Batches that a process holds on their way to the stream; what does not fit stays in the spool. */
  usagePublishBytesMax: 4 << 20,
  requestHistoryRowsMax: 1_000_000,
  requestHistoryDays: 7,
  /** Records looked at for one page of the request history; a filter that matches little gets a cursor to go on from. */
  requestHistoryScanMax: 50_000,
  /** Hours of usage are kept this long. */
  usageDays: 800,
  usageRowsMax: 10_000,
  /** Money events are kept this long, by default. */
  ledgerDays: 400,
  /** Users and models named by callers that have sums of their own in a day, in each partition. */
  usageNamesMax: 50_000,
  /** Targets, and models with their providers, that have their own latencies and metrics; the rest share `other`. */
  telemetryTargetsMax: 256,
  /** The same over all partitions that one aggregator keeps: each partition has rows of its own. */
  telemetryRowsMax: 1_024,
  /** Batches in the aggregator's memory that are not committed; above it, it takes no more and senders keep theirs. */
  aggregatorPendingBytesMax: 32 << 20,
  /** The life of what requests leave behind for later ones (stored responses). */
  stateDays: 30,
  /** The sealed size of one entry, and of all entries; what does not fit is not stored. */
  stateEntryBytesMax: 8 << 20,
  stateBytesMax: 2 * 2 ** 30,
  /** Answers that a proxy keeps for idempotency keys, their bytes, and the bytes of those that are being sent. */
  idempotentAnswersMax: 65_536,
  idempotentBytesMax: 64 << 20,
  idempotentRecordingBytesMax: 64 << 20,
  /** Responses that one may go on from, and their bytes as stored. */
  responseChainMax: 256,
  responseChainBytesMax: 16 << 20,
  /** Questions of one process to its store that have no answer yet, and the bytes that they bring. */
  stateRequestsMax: 1_024,
  stateRequestBytesMax: 64 << 20,
  heartbeatMs: 1_000,
  /** The alarm of messages that were not believed ends when none came for so long. */
  refusedAlarmMs: 600_000,
  /** The age of a message between nodes that are not known to each other yet: as much may their clocks differ. */
  messageAgeMsMax: 300_000,
  /** How far the epoch of a lease, which is at least the time in seconds at which it was taken, may be ahead of a clock. */
  epochAheadSecondsMax: 86_400,
  /** Batches of usage without a valid MAC that an aggregator keeps aside. */
  parkedUsageBytesMax: 64 << 20,
  /** How long the stream of the configuration log stays rewound before its lost end is published again from a copy. */
  rewoundStreamMs: 15_000,
  /** Objectives in a configuration. */
  slosMax: 256,
  /** Limits of the configuration. */
  limitsMax: 1_024,
  /** Blocks of the configuration. */
  blocksMax: 1_024,
  /** Budgets of the configuration. */
  budgetsMax: 1_024,
} as const

// A queue shorter than a few batches would overflow whenever one flush is slow.
assert(bounds.telemetryQueueRecordsMax * 100 >= bounds.telemetryBatchBytesMax * 4)
assert(bounds.spoolBytesMax >= bounds.spoolSegmentBytesMax * 4)
assert(bounds.stateRequestBytesMax >= bounds.stateEntryBytesMax * 4)
assert(bounds.usagePublishBytesMax >= bounds.telemetryBatchBytesMax * 4)
