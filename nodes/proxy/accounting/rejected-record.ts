// The record of a request whose caller is known and that was refused before any attempt.
import type { Clock } from '../../../shared/clock.ts'
import type { RequestRecord } from '../../../shared/telemetry/records.ts'
import type { Caller } from '../auth/callers.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'

export interface RejectedRequest {
  readonly requestId: string
  readonly caller: Caller
  /** As metered. */
  readonly route: string
  /** '' before it was known. */
  readonly model: string
  readonly snapshot: Snapshot
  readonly status: number
  readonly code: string
}

export function rejectedRecord(request: RejectedRequest, clock: Clock): RequestRecord {
  const { requestId, caller, route, model, snapshot, status, code } = request
  return {
    requestId,
    atMs: clock.wallMs(),
    route,
    status: 'refused',
    httpStatus: status,
    errorCode: code,
    keyId: caller.keyId,
    team: caller.team,
    user: caller.user,
    app: caller.app,
    costCenter: caller.costCenter,
    // A name that is not configured is the caller's own text and stays out of the record.
    model: snapshot.routeOf(model) === undefined ? '' : model,
    stream: false,
    attempts: 0,
    fallbackIndex: 0,
    cacheStatus: 'BYPASS',
    estimated: false,
    tokens: { input: 0, output: 0, cached: 0 },
    costNanoUsd: 0,
    savedNanoUsd: 0,
    totalUs: 0,
    overheadUs: 0,
    ttftUs: 0,
    configRevision: snapshot.revision,
  }
}
