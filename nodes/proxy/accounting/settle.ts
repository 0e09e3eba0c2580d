// The one way out. A request whose caller is known ends in `settle`: its record is written, then the holds of policies are told,
// then the last bytes go. A request whose caller nobody knows is counted and leaves no record, so that a flood of them cannot
// push out real ones.

import type { Chance, Clock } from '../../../shared/clock.ts'
import type { Notify } from '../../../shared/notice.ts'
import { sanitizedText } from '../../../shared/sanitized-text.ts'
import { textOfThrown } from '../../../shared/thrown.ts'
import type { ErrorShape } from '../dialects/error-shapes.ts'
import { type CodedErrorAnswer, errorAnswer } from '../errors/error-answer.ts'
import type { GatewayError } from '../errors/gateway-error.ts'
import { limitedBy } from '../errors/limited-by.ts'
import type { HeaderLines, Reply } from '../http/http.ts'
import type { AuthenticatedRequest } from '../request/authenticated-request.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'
import type { RecordSink } from '../telemetry/recorder.ts'
import type { AnswerCounts } from './answer-counts.ts'
import { noTokens } from './attempt-cost.ts'
import type { Hold, Outcome } from './outcome.ts'
import { type RecordedRequest, requestRecord } from './request-records.ts'

export interface SettlementTools {
  readonly clock: Clock
  readonly chance: Chance
  readonly notify: Notify
  readonly recorder: RecordSink
  readonly counts: AnswerCounts
}

/** Whom an error is told, and in which shape. */
export interface Recipient {
  readonly reply: Reply
  readonly id: string
  readonly shape: ErrorShape
}

/** An answer of our own. */
export interface DirectAnswer {
  readonly body: Uint8Array | string
  /** The media type of the body; JSON by default. */
  readonly contentType?: string
  readonly headers?: HeaderLines
}

/** What is known of a request that ends before its first attempt. */
export interface EarlyEnd {
  /** The model that was asked for; '' before it is known. */
  readonly model?: string
  readonly holds?: readonly Hold[]
}

const noHolds: readonly Hold[] = []

export class Settlement {
  readonly #tools: SettlementTools
  /** Holds of requests that are no inference, by the request. */
  readonly #entered = new Map<RecordedRequest, readonly Hold[]>()

  constructor(tools: SettlementTools) {
    this.#tools = tools
  }

  /** `flush` lets the last bytes of the answer go, once the records are in the spool. */
  settle(request: RecordedRequest, outcome: Outcome, holds: readonly Hold[], flush: () => void): void {
    request.body.discharge()
    this.#tools.recorder.finish(requestRecord(request, outcome), outcome.attempts, flush, outcome.intents)
    this.#tools.counts.look(outcome)
    for (const hold of holds) this.#tell(hold, outcome)
    if (this.#entered.size > 0) this.#leave(request, outcome)
  }

  /** Keeps what is held for a request beside what its settlement names, until it is settled. */
  enter(request: RecordedRequest, holds: readonly Hold[]): void {
    if (holds.length > 0) this.#entered.set(request, [...this.heldBy(request), ...holds])
  }

  /** What policies hold for a request that is no inference. */
  heldBy(request: RecordedRequest): readonly Hold[] {
    return this.#entered.get(request) ?? noHolds
  }

  /** Tells the holds of a long request what a part of it used. */
  use(request: RecordedRequest, outcome: Outcome): void {
    for (const hold of this.heldBy(request)) hold.use?.(outcome)
  }

  #leave(request: RecordedRequest, outcome: Outcome): void {
    const holds = this.#entered.get(request)
    if (holds === undefined) return
    this.#entered.delete(request)
    for (const hold of holds) this.#tell(hold, outcome)
  }

  /** Answers a request without an attempt. */
  answer(
    request: AuthenticatedRequest,
    { body, contentType = 'application/json', headers }: DirectAnswer,
    end: EarlyEnd = {},
  ): void {
    const { reply, id, operation } = request
    request.body.notNeeded()
    const lines = ['content-type', contentType, 'x-request-id', id]
    if (operation.errors === 'anthropic') lines.push('request-id', id)
    if (headers !== undefined) lines.push(...headers)
    this.#end(request, end, { status: 'ok', httpStatus: 200, errorCode: '' }, () => reply.send(200, lines, body))
  }

  /** Ends a request before its first attempt. */
  reject(request: AuthenticatedRequest, error: GatewayError, end: EarlyEnd = {}): void {
    request.body.notNeeded()
    const { reply, id, operation } = request
    const { code, status } = this.rejectUnknown({ reply, id, shape: operation.errors }, error)
    const asked = error.type === 'unknown-model' ? error.model : end.model
    this.#end(request, end, {
      status: 'refused',
      httpStatus: status,
      errorCode: code,
      limitedBy: limitedBy(error),
      asked,
    })
  }

  /** The caller left before the first attempt. */
  left(request: AuthenticatedRequest, end: EarlyEnd = {}): void {
    request.body.notNeeded()
    this.#end(request, end, { status: 'client-aborted', httpStatus: 0, errorCode: '' })
  }

  /** Answers a request whose caller is not known. */
  rejectUnknown({ reply, id, shape }: Recipient, error: GatewayError): CodedErrorAnswer {
    const answer = errorAnswer(error, { requestId: id, shape, chance: this.#tools.chance })
    this.#tools.counts.countRejection(answer.code)
    reply.send(answer.status, answer.headers, answer.body)
    return answer
  }

  /** Something of ours threw while the request waited: the operator is told, the caller gets a 500. */
  bug(request: AuthenticatedRequest, error: unknown, end: EarlyEnd = {}): void {
    this.#tools.notify({ type: 'handler-threw', where: request.operation.name, message: textOfThrown(error) })
    if (request.reply.gone) this.left(request, end)
    else this.reject(request, { type: 'internal' }, end)
  }

  #end(request: AuthenticatedRequest, { model = '', holds = noHolds }: EarlyEnd, how: How, flush = nothing): void {
    const endedMs = this.#tools.clock.monotonicMs()
    this.settle(request, outcomeWithoutAttempt(request.snapshot, { ...how, model, endedMs }), holds, flush)
  }

  /** A hold of one policy must not keep the record, or another hold, from its end. */
  #tell(hold: Hold, outcome: Outcome): void {
    try {
      hold.settle(outcome)
    } catch (error) {
      this.#tools.notify({ type: 'handler-threw', where: 'hold', message: textOfThrown(error) })
    }
  }
}

const askedModelMax = 128

interface How extends Pick<Outcome, 'status' | 'httpStatus' | 'errorCode' | 'limitedBy'> {
  /** The model that was refused, where it is not the first one. */
  readonly asked?: string | undefined
}

interface EndWithoutAttempt extends How {
  readonly model: string
  /** The time of the end, in monotonic milliseconds. */
  readonly endedMs: number
}

function outcomeWithoutAttempt(snapshot: Snapshot, end: EndWithoutAttempt): Outcome {
  const isKnown = (name: string) => snapshot.routeOf(name) !== undefined
  const { model, asked = model, endedMs } = end
  return {
    status: end.status,
    httpStatus: end.httpStatus,
    errorCode: end.errorCode,
    limitedBy: end.limitedBy,
    // A name that is not configured is the caller's own text: it is kept apart, so that it is no key of sums.
    model: isKnown(model) ? model : '',
    askedModel: isKnown(asked) ? undefined : sanitizedText(asked, askedModelMax) || undefined,
    stream: false,
    cacheStatus: 'BYPASS',
    attempts: [],
    attemptCount: 0,
    fallbackIndex: 0,
    tokens: noTokens,
    estimated: false,
    units: undefined,
    costNanoUsd: 0,
    times: { endedMs, upstreamMs: 0, firstForwardMs: undefined, firstTokenMs: 0 },
  }
}

function nothing(): void {}
