// The story of one request: framing (judged in `http/`), operation, admission, and the API that answers it.
import type { Chance, Clock } from '../../shared/clock.ts'
import type { Standing } from '../../shared/readiness.ts'
import type { Settlement } from './accounting/settle.ts'
import type { Admission } from './admission/admit.ts'
import type { Api } from './apis/api.ts'
import { answerHealth } from './apis/health.ts'
import type { RealtimeApi } from './apis/realtime/realtime-api.ts'
import { errorAnswer } from './errors/error-answer.ts'
import type { GatewayError } from './errors/gateway-error.ts'
import type { ErrorReply, HttpError, HttpHandler, OnBody, Reply, RequestHead, Upgrade } from './http/http.ts'
import type { SharedBudget } from './http/shared-budget.ts'
import {
  errorShapeAt,
  type MatchedOperation,
  matchOperation,
  mediaTypesAt,
  realtimePaths,
} from './operations/match-path.ts'
import type { ApiName } from './operations/operation.ts'
import { withBody, withoutBody } from './request/authenticated-request.ts'

export interface PipelineOptions {
  readonly clock: Clock
  readonly chance: Chance
  readonly settlement: Settlement
  readonly admission: Admission
  readonly apis: Readonly<Record<Exclude<ApiName, 'health' | 'realtime'>, Api>>
  readonly realtime: RealtimeApi
  /** Whether this node may be sent traffic. */
  isReady(): boolean
  /** The verdict over all parts of the process. */
  standing(): Standing
  /** The beginning of request ids. It differs between starts of a process, so that ids do too. */
  readonly idPrefix: string
  readonly clusterMarks: readonly string[]
  /** The memory for what is made of bodies: parsed forms and copies. */
  readonly parsedMemory: SharedBudget
  countRejection(code: string): void
}

export class Pipeline implements HttpHandler {
  readonly socketPaths = realtimePaths
  readonly mediaTypesAt = mediaTypesAt
  readonly #options: PipelineOptions
  #sequence = 0

  constructor(options: PipelineOptions) {
    this.#options = options
  }

  get parsedMemory(): SharedBudget {
    return this.#options.parsedMemory
  }

  onHead(head: RequestHead, reply: Reply): OnBody | undefined {
    const { settlement } = this.#options
    const id = head.requestId ?? this.#nextId()
    const matched = matchOperation(head)
    if (!matched.ok) {
      settlement.rejectUnknown({ reply, id, shape: errorShapeAt(head.path) }, matched.error)
      return undefined
    }
    if (matched.value.operation.api === 'health') return this.#answerHealth({ head, reply, id }, matched.value)
    return this.#admit({ head, reply, id }, matched.value)
  }

  #admit(request: IncomingRequest, matched: MatchedOperation): OnBody | undefined {
    const { admission, apis, clock, parsedMemory } = this.#options
    const { api: name, bodiless } = matched.operation
    const admitted = admission.admit(request, matched)
    if (!admitted.ok) return this.#reject(request, matched, admitted.error)
    if (name === 'health' || name === 'realtime') return undefined
    const api = apis[name]
    request.reply.bodyOwner = admitted.value.caller
    if (bodiless !== true)
      return (body) => api.answer(withBody(admitted.value, body, clock.monotonicMs(), parsedMemory))
    api.answer(withoutBody(admitted.value, clock.monotonicMs()))
    return undefined
  }

  #answerHealth(request: IncomingRequest, matched: MatchedOperation): undefined {
    const { head, reply, id } = request
    const { methods } = matched.operation
    if (!methods.includes(head.method))
      return this.#reject(request, matched, { type: 'method-not-allowed', allow: methods.join(', ') })
    const { clusterMarks, standing } = this.#options
    answerHealth(head, reply, { id, isReady: this.#options.isReady(), clusterMarks, standing })
  }

  #reject({ reply, id }: IncomingRequest, { operation }: MatchedOperation, error: GatewayError): undefined {
    this.#options.settlement.rejectUnknown({ reply, id, shape: operation.errors }, error)
  }

  onUpgrade(head: RequestHead, upgrade: Upgrade): void {
    this.#options.realtime.onUpgrade(head, upgrade, head.requestId ?? this.#nextId())
  }

  answerOf(head: RequestHead | undefined, error: HttpError): ErrorReply {
    const { chance, countRejection } = this.#options
    const requestId = head?.requestId ?? this.#nextId()
    const shape = head === undefined ? 'openai' : errorShapeAt(head.path)
    const answer = errorAnswer(error, { requestId, shape, chance })
    countRejection(answer.code)
    return answer
  }

  #nextId(): string {
    this.#sequence++
    return this.#options.idPrefix + this.#sequence.toString(36)
  }
}

interface IncomingRequest {
  readonly head: RequestHead
  readonly reply: Reply
  readonly id: string
}
