// Which money events a record makes. Pure: the record and what is known of its request in, events and what usage adds out. The
// events of a request add up to the cost that usage has for it, whatever arrives, so that the two sums are equal at any time.
import type { DecodedRequest } from '../../../shared/telemetry/decode.ts'
import type { AttemptRecord, RequestRecord } from '../../../shared/telemetry/records.ts'
import { isSettledBatch } from '../../../shared/telemetry/settled-batch.ts'
import { whole } from '../rollup/usage.ts'
import type { Charged } from './charged.ts'
import {
  type EventMark,
  type EventOwner,
  isInterrupted,
  type KnownEvent,
  type MoneyEvent,
  noAttempt,
  timeOf,
} from './money-event.ts'

export interface Booking {
  readonly events: readonly MoneyEvent[]
  readonly charged: Charged
}

export interface Arrived {
  readonly request: DecodedRequest
  readonly attempts: readonly AttemptRecord[]
  readonly arrivedMs: number
  readonly summedUser: string
  /** The record stands for one that is lost, so the real one may still come. */
  readonly isStandIn?: boolean
}

interface Amount {
  readonly costNanoUsd: bigint
  readonly savedNanoUsd: bigint
}

const nothing: Booking = { events: [], charged: { type: 'nothing' } }

/** Whether the proxy of a request crashed, and its next start settled it. */
export function isCrashSettled({ record }: DecodedRequest, attempts: readonly AttemptRecord[]): boolean {
  return record.errorCode === 'interrupted' || attempts.some(isInterrupted)
}

/** `known` are the events of the same request. */
export function bookRequest(arrived: Arrived, known: readonly KnownEvent[]): Booking {
  const { request, attempts } = arrived
  const isProvisional = arrived.isStandIn === true || isCrashSettled(request, attempts)
  if ((isProvisional || isSettledBatch(request.record)) && known.length > 0) return nothing
  const open = isProvisional ? [] : unresolved(known)
  if (open.length > 0) return corrected(arrived, open)
  const events = eventsOf(arrived, isProvisional ? 'provisional' : 'final')
  return { events, charged: { type: 'whole' } }
}

/** The provisional events of a request whose real record has not come yet. */
export function unresolved(known: readonly KnownEvent[]): readonly KnownEvent[] {
  if (known.some(({ mark }) => mark === 'resolving')) return []
  return known.filter(({ mark }) => mark === 'provisional')
}

/** An attempt that comes after its request: its cost is taken out of what the request had left unexplained. Undefined: it is to wait
 *  for its request. */
export function bookLateAttempt(
  attempt: AttemptRecord,
  arrivedMs: number,
  known: readonly KnownEvent[],
): readonly MoneyEvent[] | undefined {
  const [first] = known
  const isOpen = known.length === 0 || isInterrupted(attempt) || unresolved(known).length > 0
  if (first === undefined || isOpen || known.some((event) => event.attempt === attempt.index)) return undefined
  const base = { ...ownerOf(first), atMs: first.atMs, arrivedMs, mark: 'final' as const }
  const event = attemptEvent(attempt, base)
  if (event.costNanoUsd === 0n) return [event]
  const back = { costNanoUsd: -event.costNanoUsd, savedNanoUsd: 0n }
  return [event, { ...remainderOf({ ...attempt, model: first.model }, base, back), kind: 'correction' }]
}

function eventsOf(arrived: Arrived, mark: EventMark): MoneyEvent[] {
  const { request, attempts } = arrived
  const { record } = request
  const base = { ...baseOf(arrived), mark }
  const events = attempts.map((attempt) => attemptEvent(attempt, base))
  const rest = { costNanoUsd: costOf(record) - sumOf(events), savedNanoUsd: BigInt(whole(record.savedNanoUsd)) }
  const isCached = record.cacheStatus === 'HIT' || record.cacheStatus === 'SEMANTIC_HIT'
  // A request whose attempts are still to come has an event of its own, by which it is known.
  const isAlone = events.length === 0 && (isCached || record.attempts > 0)
  const isNeeded = isAlone || rest.costNanoUsd !== 0n || rest.savedNanoUsd !== 0n
  return isNeeded ? [...events, remainderOf(record, base, rest)] : events
}

/** The real record of a request that was settled provisionally: for each attempt the difference. */
function corrected(arrived: Arrived, open: readonly KnownEvent[]): Booking {
  const real = eventsOf(arrived, 'resolving')
  const events = real.map((event) => lessKnown(event, open))
  const { record } = arrived.request
  const base = { ...baseOf(arrived), mark: 'resolving' as const }
  const told = new Set(real.map(({ attempt }) => attempt))
  for (const { attempt, model, costNanoUsd, savedNanoUsd } of open) {
    if (told.has(attempt)) continue
    const back = { costNanoUsd: -costNanoUsd, savedNanoUsd: -savedNanoUsd }
    events.push({ ...remainderOf({ ...record, model }, base, back), attempt, kind: 'correction' })
  }
  const sum = (name: keyof Amount) => Number(events.reduce((total, event) => total + event[name], 0n))
  return {
    events,
    charged: { type: 'instead', costNanoUsd: sum('costNanoUsd'), savedNanoUsd: sum('savedNanoUsd') },
  }
}

function lessKnown(event: MoneyEvent, open: readonly KnownEvent[]): MoneyEvent {
  const before = open.find(({ attempt }) => attempt === event.attempt)
  if (before === undefined) return event
  const costNanoUsd = event.costNanoUsd - before.costNanoUsd
  return { ...event, kind: 'correction', costNanoUsd, savedNanoUsd: event.savedNanoUsd - before.savedNanoUsd }
}

type Base = EventOwner & Pick<MoneyEvent, 'atMs' | 'arrivedMs' | 'mark'>

function attemptEvent(attempt: AttemptRecord, base: Base): MoneyEvent {
  const { tokens, settlement = 'reported', requestId, model, provider, target, outcome, index } = attempt
  return {
    ...base,
    kind: 'charge',
    settlement,
    outcome,
    requestId,
    attempt: index,
    model,
    provider,
    target,
    inputTokens: whole(tokens.input),
    outputTokens: whole(tokens.output),
    cachedTokens: whole(tokens.cached),
    costNanoUsd: costOf(attempt),
    savedNanoUsd: 0n,
    note: '',
  }
}

function remainderOf(about: Pick<RequestRecord, 'requestId' | 'model'>, base: Base, amount: Amount): MoneyEvent {
  return {
    ...base,
    ...amount,
    kind: 'charge',
    settlement: 'reported',
    outcome: 'ok',
    requestId: about.requestId,
    attempt: noAttempt,
    model: about.model,
    provider: '',
    target: '',
    inputTokens: 0,
    outputTokens: 0,
    cachedTokens: 0,
    note: '',
  }
}

/** Owner and time are those of the request for all of its events, because usage has the sum under these. */
function baseOf({ request, arrivedMs, summedUser }: Arrived): Omit<Base, 'mark'> {
  const { keyId: key, team, user, app, costCenter, atMs } = request.record
  return { key, team, user, app, costCenter, summedUser, atMs: timeOf(atMs), arrivedMs }
}

function ownerOf({ key, team, user, app, costCenter, summedUser }: EventOwner): EventOwner {
  return { key, team, user, app, costCenter, summedUser }
}

function costOf({ costNanoUsd }: { costNanoUsd: number }): bigint {
  return BigInt(whole(costNanoUsd))
}

function sumOf(events: readonly MoneyEvent[]): bigint {
  return events.reduce((sum, { costNanoUsd }) => sum + costNanoUsd, 0n)
}
