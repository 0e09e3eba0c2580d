// A money event: what one attempt has cost, or what is put right about it later. Events are only ever added.
import { outcomes, settlements } from '../../../shared/telemetry/record-words.ts'
import type {
  AttemptOutcome,
  AttemptRecord,
  AttemptSettlement,
  RequestRecord,
} from '../../../shared/telemetry/records.ts'

/** The words that are stored as their places in these lists. */
export const eventKinds = ['charge', 'correction', 'month-close'] as const
export type EventKind = (typeof eventKinds)[number]
export { outcomes, settlements }

/** The attempt of an event that is about a request and not about one of its attempts: an answer out of the cache, or the part of a
 *  request's cost that none of its attempts accounts for. */
export const noAttempt = -1

/** `provisional`: of a request whose proxy crashed, or whose own record is missing: the real record may still come.
 *  `resolving`: of a real record that came after a provisional one. */
export type EventMark = 'final' | 'provisional' | 'resolving'
export const eventMarks = ['final', 'provisional', 'resolving'] as const satisfies EventMark[]

export interface EventOwner {
  readonly key: string
  readonly team: string
  readonly user: string
  readonly app: string
  readonly costCenter: string
  /** The name under which usage sums the user. */
  readonly summedUser: string
}

export interface MoneyEvent extends EventOwner {
  readonly kind: EventKind
  readonly settlement: AttemptSettlement
  readonly outcome: AttemptOutcome
  readonly mark: EventMark
  /** Wall clock of the request, in ms. It is the hour under which usage counts the request. */
  readonly atMs: number
  /** Wall clock at which the record arrived here or in the stream. */
  readonly arrivedMs: number
  /** Of a month close, the month. */
  readonly requestId: string
  readonly attempt: number
  readonly model: string
  readonly provider: string
  readonly target: string
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cachedTokens: number
  /** Signed; sums of several attempts can pass 2^53. */
  readonly costNanoUsd: bigint
  readonly savedNanoUsd: bigint
  /** Of a month close, its totals as JSON. */
  readonly note: string
}

/** An event that was booked, or waits for the next commit, as far as a later record of its request has to know it. */
export interface KnownEvent extends EventOwner {
  readonly kind: EventKind
  readonly mark: EventMark
  readonly atMs: number
  readonly attempt: number
  readonly model: string
  readonly costNanoUsd: bigint
  readonly savedNanoUsd: bigint
}

type OfRequest = Pick<RequestRecord, 'requestId' | 'atMs'>

/** Names a request. Callers may send an id twice, so the time belongs to it. */
export function requestName({ requestId, atMs }: OfRequest): string {
  return `${timeOf(atMs)} ${requestId}`
}

export function isInterrupted(attempt: AttemptRecord): boolean {
  return attempt.settlement === 'interrupted'
}

/** Times are whole milliseconds that a calendar has. */
export function timeOf(atMs: number): number {
  return Number.isFinite(atMs) ? Math.min(Math.max(Math.floor(atMs), 0), 8.64e15) : 0
}
