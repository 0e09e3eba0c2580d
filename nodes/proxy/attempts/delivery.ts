// What the caller gets: headers, first byte, signs of life, back-pressure, the terminal event, which is held back until the record
// is written and the answer stored, and the error inside of a stream.
import type { Chance, Clock } from '../../../shared/clock.ts'
import type { Notify } from '../../../shared/notice.ts'
import type { RequestStatus } from '../../../shared/telemetry/records.ts'
import { textOfThrown } from '../../../shared/thrown.ts'
import { noTokens } from '../accounting/attempt-cost.ts'
import { heldLines } from '../accounting/held-lines.ts'
import type { Hold, Outcome } from '../accounting/outcome.ts'
import { isUnpriced, totalCost } from '../accounting/request-records.ts'
import type { Settlement } from '../accounting/settle.ts'
import { costAtHead, noCost, type ToldCost, type Used } from '../accounting/usage-meter.ts'
import type { AnswerWriter } from '../conversations/answer-store.ts'
import { printErrorEvent } from '../dialects/error-shapes.ts'
import { errorAnswer } from '../errors/error-answer.ts'
import { errorRow } from '../errors/error-table.ts'
import type { ForwardedError } from '../errors/forwarded-error.ts'
import type { ExhaustedError, GatewayError } from '../errors/gateway-error.ts'
import { limitedBy } from '../errors/limited-by.ts'
import type { CheckedLines } from '../http/checked-lines.ts'
import type { AuthenticatedRequest } from '../request/authenticated-request.ts'
import { eventStream } from '../streams/answer-stream.ts'
import type { WholeAnswer } from '../translators/translator.ts'
import type { AnswerDelivery, AttemptUse, FollowedDispatch } from './answer-delivery.ts'
import type { Attempt } from './attempt.ts'
import { KeepAlive } from './keep-alive.ts'
import type { LiveRequest, LiveRequests } from './live/live-requests.ts'
import { withNearestModels } from './nearest-models.ts'
import { answerLines, contentHeaders, estimatedHeader } from './response-headers.ts'

export interface DeliveryTools {
  readonly clock: Clock
  readonly chance: Chance
  readonly notify: Notify
  readonly settlement: Settlement
  readonly live: LiveRequests
}

/** What was asked for, as far as its answer depends on it. */
export interface DeliveredRequest {
  readonly model: string
  readonly stream: boolean
  readonly holds: readonly Hold[]
  /** Stores the answer before its last bytes go; undefined where it is not stored. */
  readonly keeper: AnswerWriter | undefined
}

export class Delivery implements AnswerDelivery, LiveRequest {
  readonly request: AuthenticatedRequest
  readonly sessionModels = undefined
  livePrevious: LiveRequest | undefined = undefined
  liveNext: LiveRequest | undefined = undefined
  readonly #tools: DeliveryTools
  readonly #asked: DeliveredRequest
  #dispatch: FollowedDispatch | undefined
  #keepAlive: KeepAlive | undefined
  #firstForwardMs: number | undefined
  #isOver = false

  constructor(tools: DeliveryTools, request: AuthenticatedRequest, asked: DeliveredRequest) {
    this.#tools = tools
    this.request = request
    this.#asked = asked
  }

  follow(dispatch: FollowedDispatch): void {
    const { reply } = this.request
    if (this.#dispatch === undefined) this.#tools.live.add(this)
    this.#dispatch = dispatch
    reply.onGone = () => this.#onCallerGone()
    reply.onWritable = () => dispatch.attempt?.resume()
  }

  // ── a whole answer ───────────────────────────────────────────────────────────────────────────────────────────────

  answer(attempt: Attempt, answer: WholeAnswer, { used, nowMs }: AttemptUse): void {
    const { reply, id } = this.request
    const status = answer.isEstimate === true ? 200 : attempt.status
    const outcome = this.#outcome({ status: 'ok', httpStatus: status, used, nowMs })
    const headers = contentHeaders(answer.contentType, id)
    if (answer.isEstimate === true) headers.push(...estimatedHeader)
    const { costNanoUsd } = outcome
    const lines = this.#facts(nowMs, { costNanoUsd, unpriced: costNanoUsd === undefined })
    this.#settle(outcome, () => this.#store(attempt, answer.body, (body) => reply.send(status, headers, body, lines)))
  }

  // ── a stream ─────────────────────────────────────────────────────────────────────────────────────────────────────

  begin(attempt: Attempt, nowMs: number): void {
    const { reply, id } = this.request
    this.#firstForwardMs = nowMs
    this.#keepAlive = new KeepAlive(nowMs)
    const { stream } = attempt
    const headers = contentHeaders(stream?.contentType ?? '', id)
    // Nothing here knows what the bytes are, so a browser that is led to them keeps them and shows nothing.
    if (stream?.opaque === true) headers.push('content-disposition', 'attachment')
    headers.push('cache-control', 'no-cache', 'x-accel-buffering', 'no')
    reply.begin(attempt.status, headers, this.#facts(nowMs, costAtHead(attempt, stream)))
  }

  write(_attempt: Attempt, bytes: Buffer | string): 'sent' | 'full' | 'gone' {
    return this.request.reply.write(bytes)
  }

  keepAlive({ stream }: Attempt, nowMs: number): void {
    if (stream?.keepAlive === undefined || this.#keepAlive === undefined) return
    if (this.#keepAlive.isDue(nowMs, stream.lastEventMs)) this.request.reply.write(stream.keepAlive)
  }

  finish(attempt: Attempt, last: Buffer | string, { used, nowMs }: AttemptUse): void {
    const { reply } = this.request
    const outcome = this.#outcome({ status: 'ok', httpStatus: attempt.status, used, nowMs })
    const flush = (bytes: Buffer | string) => {
      if (bytes.length > 0) reply.write(bytes)
      reply.end()
    }
    this.#settle(outcome, () => this.#store(attempt, last, flush))
  }

  curtail(
    attempt: Attempt,
    { last, error }: { readonly last: string; readonly error: ExhaustedError },
    { used, nowMs }: AttemptUse,
  ): void {
    const { reply } = this.request
    const { code, message } = errorRow(error)
    const outcome = this.#outcome({ status: 'cut', httpStatus: attempt.status, error, used, nowMs })
    const flush = (bytes: Buffer | string) => {
      // A comment of the stream tells why; whoever reads events alone sees an answer that has reached its length.
      if (attempt.stream?.contentType === eventStream) reply.write(`: ${code}: ${message}\n\n`)
      reply.write(bytes)
      reply.end()
    }
    this.#settle(outcome, () => this.#store(attempt, last, flush))
  }

  /** Tells the caller in the stream, which then ends without its terminal event. */
  cutStream(attempt: Attempt, error: GatewayError, { used, nowMs }: AttemptUse): void {
    const { reply } = this.request
    const event = this.#errorEvent(attempt, error)
    this.#settle(this.#outcome({ status: 'cut', httpStatus: attempt.status, error, used, nowMs }), () => {
      if (event === undefined) {
        reply.abort()
        return
      }
      reply.write(event)
      reply.end()
    })
  }

  /** The event that tells an error in a stream; undefined where the stream has no room for one. */
  #errorEvent({ stream }: Attempt, error: GatewayError): string | undefined {
    if (stream?.opaque === true) return undefined
    const { id, operation } = this.request
    const { type, code, message, param, status } = errorRow(error)
    const said = error.type === 'upstream-error-event' ? (error.message ?? message) : message
    const facts = { status, type, code, message: said, param }
    return stream?.failure(code ?? type, said) ?? printErrorEvent(operation.errors, facts, id)
  }

  // ── ends without an answer ───────────────────────────────────────────────────────────────────────────────────────

  reject(error: GatewayError): void {
    // A limit that rejects before the first attempt rejects the request, as it would have done before the targets were known.
    if (error.type === 'rate-limited' && this.#dispatch?.attemptCount === 0) {
      const { model, holds } = this.#asked
      this.#leave()
      this.#tools.settlement.reject(this.request, error, { model, holds })
      return
    }
    this.#reject(error, { used: undefined, nowMs: this.#tools.clock.monotonicMs() })
  }

  #reject(error: GatewayError, { used, nowMs }: { used: Used | undefined; nowMs: number }): void {
    const { reply } = this.request
    const answer = this.#errorAnswer(error)
    const lines = this.#facts(nowMs, noCost)
    const outcome = this.#outcome({ status: 'failed', httpStatus: answer.status, error, used, nowMs })
    this.#settle(outcome, () => reply.send(answer.status, answer.headers, answer.body, lines))
  }

  #errorAnswer(error: GatewayError): ForwardedError {
    const { id, operation } = this.request
    const translator = this.#dispatch?.attempt?.translator
    if (error.type === 'upstream-rejected' && translator !== undefined)
      return withNearestModels(translator.forwardError(error.answer, id), this.request, this.#asked.model)
    return errorAnswer(error, { requestId: id, shape: operation.errors, chance: this.#tools.chance })
  }

  /** Ends the request for a reason of ours: its key was revoked, an operator stopped it. What was delivered is paid for. */
  cut(error: GatewayError): void {
    const dispatch = this.#dispatch
    if (this.#isOver || dispatch === undefined) return
    const { used, nowMs } = dispatch.stop()
    const { attempt } = dispatch
    if (attempt?.hasForwarded === true && used !== undefined) this.cutStream(attempt, error, { used, nowMs })
    else this.#reject(error, { used, nowMs })
  }

  #onCallerGone(): void {
    const dispatch = this.#dispatch
    if (this.#isOver || dispatch === undefined) return
    const { used, nowMs } = dispatch.stop()
    const { attempt } = dispatch
    const httpStatus = attempt?.hasForwarded === true ? attempt.status : 0
    this.#settle(this.#outcome({ status: 'client-aborted', httpStatus, used, nowMs }), nothing)
  }

  // ── the end of every way ─────────────────────────────────────────────────────────────────────────────────────────

  #outcome({ status, httpStatus, error, used, nowMs }: End): Outcome {
    const { model, stream } = this.#asked
    const dispatch = this.#dispatch
    const attempts = dispatch?.attempts ?? []
    return {
      status,
      httpStatus,
      errorCode: error === undefined ? '' : (errorRow(error).code ?? ''),
      limitedBy: error === undefined ? undefined : limitedBy(error),
      model,
      stream,
      cacheStatus: 'BYPASS',
      attempts,
      intents: dispatch?.intents,
      attemptCount: dispatch?.attemptCount ?? 0,
      fallbackIndex: dispatch?.fallbackIndex ?? 0,
      tokens: used?.tokens ?? noTokens,
      estimated: used?.estimated === true,
      units: used?.units,
      costNanoUsd: isUnpriced(attempts) ? undefined : totalCost(attempts),
      times: {
        endedMs: nowMs,
        upstreamMs: dispatch?.upstreamMs ?? 0,
        firstForwardMs: this.#firstForwardMs,
        firstTokenMs: dispatch?.attempt?.timing?.firstTokenMs ?? 0,
      },
    }
  }

  #settle(outcome: Outcome, flush: () => void): void {
    this.#leave()
    this.#tools.settlement.settle(this.request, outcome, this.#asked.holds, flush)
  }

  #leave(): void {
    this.#isOver = true
    this.#tools.live.delete(this)
  }

  /** Lets the last bytes of an answer go, once it is stored where it shall be. */
  #store(attempt: Attempt, last: Buffer | string, send: (bytes: Buffer | string) => void): void {
    const { keeper } = this.#asked
    if (keeper === undefined || last.length === 0) {
      send(last)
      return
    }
    const { target, credential, translator, stream } = attempt
    const served = { target, credential, passesThrough: translator.passesThrough, streamed: stream !== undefined }
    void keeper
      .keep(last, served)
      .catch((error) => {
        this.#tools.notify({ type: 'handler-threw', where: 'stored responses', message: textOfThrown(error) })
        return last
      })
      .then(send)
  }

  #facts(nowMs: number, told: ToldCost): CheckedLines {
    const { id, snapshot, operation, startedMs } = this.request
    const dispatch = this.#dispatch
    const attempt = dispatch?.attempt
    const upstreamMs = dispatch?.upstreamMs ?? 0
    return answerLines({
      requestId: id,
      revisionText: snapshot.revisionText,
      target: dispatch?.target,
      dropped: attempt?.translator.dropped ?? '',
      requestIdToo: operation.errors === 'anthropic',
      limits: heldLines(this.#asked.holds) ?? attempt?.accountLimits,
      attempts: dispatch?.attemptCount ?? 0,
      fallbackIndex: dispatch?.fallbackIndex ?? 0,
      cacheStatus: 'BYPASS',
      upstreamMs,
      overheadMs: nowMs - startedMs - upstreamMs,
      ...told,
    })
  }
}

interface End {
  readonly status: RequestStatus
  readonly httpStatus: number
  readonly error?: GatewayError
  /** What the last attempt used; undefined when nothing was used. */
  readonly used: Used | undefined
  readonly nowMs: number
}

function nothing(): void {}
