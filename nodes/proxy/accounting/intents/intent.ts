// An intent stands for an attempt from before it is sent until its record is safe. It is written as the records that are to be
// found if the process is killed meanwhile.
import type { BatchWriter } from '../../../../shared/telemetry/codec.ts'
import type { AttemptRecord, RequestRecord } from '../../../../shared/telemetry/records.ts'
import { isSingle } from '../../../../shared/telemetry/single-record.ts'
import type { Target } from '../../providers/endpoint.ts'
import type { PlannedAttempt } from '../../routing/attempt-plan.ts'
import type { StandIn } from '../../telemetry/stand-ins.ts'
import { noTokens } from '../attempt-cost.ts'
import type { RecordedRequest } from '../request-records.ts'

export interface IntentFacts {
  readonly request: RecordedRequest
  /** The model that was asked for. */
  readonly model: string
  readonly planned: PlannedAttempt<Target>
  readonly index: number
  readonly stream: boolean
  /** The most that the attempt can cost in nano-dollars; undefined where nothing bounds it. */
  readonly bound: number | undefined
}

/** The code of a request whose proxy was killed. */
export const interruptedCode = 'interrupted'

/** Takes an intent whose record is safe. */
export interface IntentOwner {
  close(intent: Intent): void
}

export class Intent implements StandIn {
  readonly facts: IntentFacts
  /** The record of the attempt, when it has ended and its request goes on. */
  ended: AttemptRecord | undefined
  /** The number under which it is in the journal; 0 while it is not. */
  number = 0
  previous: Intent | undefined
  next: Intent | undefined
  /** The journal that it is in. */
  owner: IntentOwner | undefined

  constructor(facts: IntentFacts) {
    this.facts = facts
  }

  close(): void {
    this.owner?.close(this)
  }
}

/** Writes an intent. Returns how many records it takes: a request whose attempt differs from it takes two. */
export function writeIntent(writer: BatchWriter, { facts, ended }: Intent): 1 | 2 {
  fill(facts)
  const attempt = ended ?? attemptRecord
  requestRecord.costNanoUsd = attempt.costNanoUsd
  if (isSingle(requestRecord, attempt)) {
    writer.single(requestRecord, attempt)
    return 1
  }
  writer.attempt(attempt)
  writer.request(requestRecord, attempt)
  return 2
}

/** The two records are filled anew for each intent, so that writing one makes no object. */
function fill({ request, model, planned, index, stream, bound }: IntentFacts): void {
  const { caller } = request
  requestRecord.requestId = attemptRecord.requestId = request.id
  requestRecord.atMs = attemptRecord.atMs = request.receivedAtMs
  requestRecord.keyId = attemptRecord.keyId = caller.keyId
  requestRecord.team = attemptRecord.team = caller.team
  requestRecord.user = attemptRecord.user = request.user
  requestRecord.app = attemptRecord.app = caller.app
  requestRecord.stream = attemptRecord.stream = stream
  requestRecord.route = request.operation.name
  requestRecord.costCenter = caller.costCenter
  requestRecord.model = model
  requestRecord.attempts = index + 1
  requestRecord.fallbackIndex = planned.fallbackIndex
  requestRecord.configRevision = request.snapshot.revision
  attemptRecord.index = index
  attemptRecord.model = planned.route.model
  attemptRecord.provider = planned.target.provider
  attemptRecord.target = planned.target.model
  attemptRecord.share = planned.trafficShare
  attemptRecord.sharesRevision = planned.sharesRevision
  attemptRecord.costNanoUsd = bound ?? 0
  attemptRecord.settlement = bound === undefined ? 'unpriced' : 'interrupted'
}

const requestRecord: RequestRecord = {
  requestId: '',
  atMs: 0,
  route: '',
  status: 'failed',
  httpStatus: 0,
  errorCode: interruptedCode,
  keyId: '',
  team: '',
  user: '',
  app: '',
  costCenter: '',
  model: '',
  stream: false,
  attempts: 1,
  fallbackIndex: 0,
  cacheStatus: 'BYPASS',
  estimated: false,
  tokens: noTokens,
  costNanoUsd: 0,
  savedNanoUsd: 0,
  totalUs: 0,
  overheadUs: 0,
  ttftUs: 0,
  configRevision: 0,
}

const attemptRecord: AttemptRecord = {
  requestId: '',
  atMs: 0,
  index: 0,
  keyId: '',
  team: '',
  user: '',
  app: '',
  model: '',
  provider: '',
  target: '',
  share: 0,
  sharesRevision: 0,
  outcome: 'aborted',
  upstreamStatus: 0,
  stream: false,
  tokens: noTokens,
  costNanoUsd: 0,
  firstByteUs: 0,
  ttftUs: 0,
  interTokenUs: 0,
  totalUs: 0,
  settlement: 'interrupted',
}
