// Books what a batch cost: a record for each of its models in the name of whoever made it, and the same amounts in limits and budgets.
import type { AttemptRecord } from '../../../../shared/telemetry/records.ts'
import { settledBatchRoute } from '../../../../shared/telemetry/settled-batch.ts'
import type { Outcome } from '../../accounting/outcome.ts'
import type { Settlement } from '../../accounting/settle.ts'
import type { Caller } from '../../auth/callers.ts'
import { emptyBody, type Reply, type RequestHead } from '../../http/http.ts'
import { objectOperation } from '../../operations/gateway-operations.ts'
import type { Policy } from '../../policies/policy.ts'
import type { Payer } from '../../provider-objects/object-ids.ts'
import { type AuthenticatedRequest, withBody } from '../../request/authenticated-request.ts'
import type { Snapshot } from '../../snapshot/snapshot.ts'
import type { BatchCost } from './batch-sums.ts'

export interface BookedBatch {
  /** The id of its records. */
  readonly id: string
  readonly owner: string
  readonly payer: Payer
  readonly snapshot: Snapshot
  /** Wall clock. */
  readonly atMs: number
  /** Monotonic. */
  readonly nowMs: number
}

export interface BookTools {
  readonly settlement: Settlement
  readonly policies: readonly Policy[]
}

export function bookBatch({ settlement, policies }: BookTools, batch: BookedBatch, costs: readonly BatchCost[]): void {
  costs.forEach((cost, index) => {
    const id = costs.length === 1 ? batch.id : `${batch.id}.${index + 1}`
    const request = requestOf({ ...batch, id })
    settlement.settle(request, outcomeOf(request, cost, batch.nowMs), [], nothing)
    const { model, target, costNanoUsd: nanoUsd } = cost
    for (const policy of policies) if (policy.governs(request)) policy.charge?.(request, { model, target, nanoUsd })
  })
}

const operation = objectOperation({ name: settledBatchRoute, kind: 'batch', id: '', actions: {} })
const head: RequestHead = {
  method: '',
  path: '',
  query: '',
  authorization: undefined,
  apiKey: undefined,
  apiKeysDiffer: false,
  contentType: undefined,
  requestId: undefined,
  header: () => undefined,
}
/** Nobody waits for an answer. */
const noReply: Reply = {
  gone: true,
  onGone: undefined,
  onWritable: undefined,
  send: nothing,
  begin: nothing,
  write: () => 'gone',
  end: nothing,
  abort: nothing,
}

function requestOf({ id, owner, payer, snapshot, atMs, nowMs }: BookedBatch): AuthenticatedRequest {
  const caller = callerOf(snapshot, owner, payer)
  const admitted = { id, operation, matched: { operation }, caller, user: payer.user, snapshot, head, reply: noReply }
  return withBody({ ...admitted, receivedAtMs: atMs }, emptyBody, nowMs)
}

/** Whoever made the batch: by its names then, and as its key is now, where it is still there. A mark without names has those of the key. */
function callerOf({ callers }: Snapshot, owner: string, payer: Payer): Caller {
  const known = callers.ofKey(payer.keyId)
  const { keyId, team, app, costCenter } = payer
  const isNamed = team !== '' || app !== '' || costCenter !== ''
  if (known !== undefined) return isNamed ? { ...known, owner, team, app, costCenter } : known
  return {
    keyId,
    tokenHash: '',
    team,
    user: payer.user,
    app,
    owner,
    costCenter,
    tier: '',
    metadata: new Map(),
    tenant: { id: `batch ${owner}`, weight: 1, priority: 'normal' },
    expiresAtMs: 0,
    models: undefined,
  }
}

function outcomeOf(request: AuthenticatedRequest, cost: BatchCost, nowMs: number): Outcome {
  const { model, tokens, costNanoUsd, settlement } = cost
  return {
    status: 'ok',
    httpStatus: 200,
    errorCode: '',
    model,
    stream: false,
    cacheStatus: 'BYPASS',
    attempts: [attemptOf(request, cost)],
    attemptCount: 1,
    fallbackIndex: 0,
    tokens,
    estimated: false,
    units: undefined,
    costNanoUsd: settlement === 'unpriced' ? undefined : costNanoUsd,
    times: { endedMs: nowMs, upstreamMs: 0, firstForwardMs: undefined, firstTokenMs: 0 },
  }
}

/** It took no time here, so it tells nothing of latencies. */
function attemptOf(
  request: AuthenticatedRequest,
  { model, target, tokens, costNanoUsd, settlement }: BatchCost,
): AttemptRecord {
  const { caller } = request
  return {
    requestId: request.id,
    atMs: request.receivedAtMs,
    index: 0,
    keyId: caller.keyId,
    team: caller.team,
    user: request.user,
    app: caller.app,
    model,
    provider: target.provider,
    target: target.model,
    share: 0,
    sharesRevision: 0,
    outcome: 'ok',
    upstreamStatus: 200,
    stream: false,
    tokens,
    costNanoUsd,
    firstByteUs: 0,
    ttftUs: 0,
    interTokenUs: 0,
    totalUs: 0,
    settlement,
  }
}

function nothing(): void {}
