// Events as rows of `ledger`, with the names that they refer to.

import type { StoredEvent } from './chain.ts'
import { eventKinds, eventMarks, outcomes, settlements } from './money-event.ts'

export const eventColumns = [
  ...['partition', 'sequence', 'bookedMs', 'atMs', 'requestId', 'attempt', 'kind', 'mark', 'settlement', 'outcome'],
  ...[
    'owner',
    'target',
    'inputTokens',
    'outputTokens',
    'cachedTokens',
    'costNanoUsd',
    'savedNanoUsd',
    '"user"',
    'note',
  ],
]

/** Reads events with their names. Statements of it read integers as BigInt. */
export const selectEvents = `
  SELECT e.sequence, e.bookedMs, e.atMs, e.requestId, e.attempt, e.kind, e.mark, e.settlement, e.outcome,
    e.inputTokens, e.outputTokens, e.cachedTokens, e.costNanoUsd, e.savedNanoUsd, e."user" AS realUser, e.note,
    o."key", o.team, o."user" AS summedUser, o.app, o.costCenter, t.model, t.provider, t.target
  FROM ledger e JOIN ledgerOwner o ON o.id = e.owner JOIN ledgerTarget t ON t.id = e.target`

type Value = string | number | bigint | null

export function rowOf(event: StoredEvent, ids: { partition: number; owner: number; target: number }): Value[] {
  const { sequence, bookedMs, atMs, requestId, attempt, user, summedUser, note } = event
  return [
    ...[ids.partition, sequence, bookedMs, atMs, requestId, attempt],
    ...[eventKinds.indexOf(event.kind), eventMarks.indexOf(event.mark)],
    ...[settlements.indexOf(event.settlement), outcomes.indexOf(event.outcome)],
    ...[ids.owner, ids.target, event.inputTokens, event.outputTokens, event.cachedTokens],
    ...[event.costNanoUsd, event.savedNanoUsd],
    ...[user === summedUser ? null : user, note === '' ? null : note],
  ]
}

export function eventOf(row: Record<string, unknown>): StoredEvent {
  const number = (name: string) => Number(row[name])
  const text = (name: string) => String(row[name] ?? '')
  return {
    sequence: number('sequence'),
    bookedMs: number('bookedMs'),
    atMs: number('atMs'),
    requestId: text('requestId'),
    attempt: number('attempt'),
    kind: eventKinds[number('kind')] ?? 'charge',
    mark: eventMarks[number('mark')] ?? 'final',
    settlement: settlements[number('settlement')] ?? 'reported',
    outcome: outcomes[number('outcome')] ?? 'ok',
    key: text('key'),
    team: text('team'),
    user: row['realUser'] === null ? text('summedUser') : text('realUser'),
    summedUser: text('summedUser'),
    app: text('app'),
    costCenter: text('costCenter'),
    model: text('model'),
    provider: text('provider'),
    target: text('target'),
    inputTokens: number('inputTokens'),
    outputTokens: number('outputTokens'),
    cachedTokens: number('cachedTokens'),
    costNanoUsd: BigInt(row['costNanoUsd'] as bigint),
    savedNanoUsd: BigInt(row['savedNanoUsd'] as bigint),
    note: text('note'),
  }
}
