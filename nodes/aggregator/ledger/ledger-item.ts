// A money event as the admin API shows it.
import type { LedgerItem } from '../../../shared/telemetry/answers/ledger-pages.ts'
import { usdOf } from '../../../shared/telemetry/answers/usd.ts'
import type { StoredEvent } from './chain.ts'
import { noAttempt } from './money-event.ts'
import { correctedMonth, type MonthClose } from './months.ts'

export function ledgerItem(event: StoredEvent, partition: number, closes: readonly MonthClose[]): LedgerItem {
  const { requestId, attempt, kind, settlement, outcome, costNanoUsd, savedNanoUsd } = event
  const { key, team, user, app, costCenter, model, provider, target } = event
  const isClose = kind === 'month-close'
  return {
    id: isClose ? requestId : `${requestId}/${attempt === noAttempt ? '-' : attempt}`,
    kind,
    at: new Date(event.atMs).toISOString(),
    bookedAt: new Date(event.bookedMs).toISOString(),
    requestId: isClose ? '' : requestId,
    attempt: attempt === noAttempt ? null : attempt,
    settlement,
    outcome,
    key,
    team,
    user,
    app,
    costCenter,
    model,
    provider,
    target,
    inputTokens: event.inputTokens,
    outputTokens: event.outputTokens,
    cachedTokens: event.cachedTokens,
    costUsd: usdOf(costNanoUsd),
    costNanoUsd: String(costNanoUsd),
    savedUsd: usdOf(savedNanoUsd),
    savedNanoUsd: String(savedNanoUsd),
    correctsMonth: isClose ? '' : (correctedMonth(closes, event)?.name ?? ''),
    partition,
    sequence: event.sequence,
  }
}
