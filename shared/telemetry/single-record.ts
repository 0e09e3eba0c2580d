// A request and its only attempt, which travel as one record where they agree.
import type { AttemptRecord, RequestRecord } from './records.ts'

/** Whether the two records can be sent as one without loss. */
export function isSingle(record: RequestRecord, attempt: AttemptRecord): boolean {
  return (
    attempt.requestId === record.requestId &&
    attempt.model === record.model &&
    attempt.keyId === record.keyId &&
    attempt.team === record.team &&
    attempt.user === record.user &&
    attempt.app === record.app &&
    attempt.stream === record.stream &&
    attempt.retryWithheld === undefined &&
    attempt.passedOver === undefined &&
    attempt.queuedUs === undefined &&
    record.limitedBy === undefined &&
    attempt.costNanoUsd === record.costNanoUsd &&
    attempt.tokens.input === record.tokens.input &&
    attempt.tokens.output === record.tokens.output &&
    attempt.tokens.cached === record.tokens.cached &&
    Number.isSafeInteger(record.atMs) &&
    Number.isSafeInteger(attempt.atMs)
  )
}
