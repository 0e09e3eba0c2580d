// The caller's dialect is the upstream's: bytes pass through.
import { bounds } from '../../../shared/bounds.ts'
import { tokensOfBytes } from '../../../shared/chat/estimate.ts'
import type { Price } from '../../../shared/models/price.ts'
import type { BillableUnits } from '../../../shared/usage/billable-units.ts'
import { parseErrorOf } from '../dialects/error-shapes.ts'
import { failureOfChatError } from '../errors/answered-failure.ts'
import { type ForwardedError, forwardedAnswer } from '../errors/forwarded-error.ts'
import type { ErrorAnswer } from '../errors/gateway-error.ts'
import { failureInAnswer } from '../errors/stream-failure.ts'
import type { UpstreamFailure } from '../errors/upstream-failure.ts'
import { lengthOf } from '../large/frames.ts'
import type { Jobs } from '../large/job.ts'
import type { Operation } from '../operations/operation.ts'
import type { AuthenticatedRequest } from '../request/authenticated-request.ts'
import type { AnswerStream, StreamOptions } from '../streams/answer-stream.ts'
import { ByteStream } from '../streams/byte-stream.ts'
import { PassThroughStream } from '../streams/pass-through-stream.ts'
import { errorOf } from './judge-answer.ts'
import { judgeLater } from './late/judge-answer-job.ts'
import { passedAnswer } from './passed-answer.ts'
import type { ProviderErrors } from './provider-errors.ts'
import type { LateAnswer, Translator, WholeAnswer } from './translator.ts'

export interface PassThroughRequest {
  readonly path: string
  readonly headerLines: string
  readonly body: readonly Uint8Array[]
  /** The media type of the body; absent for JSON. */
  readonly contentType?: string
  readonly units?: BillableUnits | undefined
  /** The service tier that the body asks for. */
  readonly serviceTier?: string | undefined
  /** The price of what is answered: it decides what is looked for in an answer. */
  readonly price?: Price | undefined
  /** What the model is given; absent where its tokens are never estimated. */
  readonly input?: { readonly textBytes: number; readonly model: string }
  /** The name of the credential whose account has what the body names; undefined where any will do. */
  readonly credential?: string | undefined
  /** What the caller asked for and the target lacks; absent for nothing. */
  readonly dropped?: readonly string[]
  /** Set where errors of the host's own platform are in another shape than the dialect's. */
  readonly platform?: Platform | undefined
}

/** What the judging of large answers needs. */
export interface AnswerWork {
  readonly request: Pick<AuthenticatedRequest, 'caller'>
  readonly jobs: Jobs
}

export interface Platform {
  isItsError(body: Buffer): boolean
  readonly errors: ProviderErrors
}

export class PassThrough implements Translator {
  readonly dropped: string
  readonly passesThrough = true
  readonly streamType = 'text/event-stream'
  readonly path: string
  readonly headerLines: string
  readonly body: readonly Uint8Array[]
  readonly #operation: Operation
  readonly #input: PassThroughRequest['input']
  readonly #price: Price | undefined
  readonly #platform: Platform | undefined
  readonly #work: AnswerWork | undefined

  /** Units to charge, when the request alone determines them (characters of speech, bytes of a file). */
  readonly units: BillableUnits | undefined

  readonly serviceTier: string | undefined
  readonly contentType: string | undefined
  readonly credential: string | undefined

  /** `work` is absent where every answer is judged at once. */
  constructor(operation: Operation, request: PassThroughRequest, work?: AnswerWork) {
    this.#work = work
    const { path, headerLines, body, contentType, units, input, credential, serviceTier, price } = request
    this.#price = price
    this.serviceTier = serviceTier
    const { dropped, platform } = request
    this.dropped = dropped?.join(', ') ?? ''
    this.#platform = platform
    this.credential = credential
    this.#input = input
    this.#operation = operation
    this.path = path
    this.headerLines = headerLines
    this.body = body
    this.contentType = contentType
    this.units = units
  }

  get estimatedInput(): number {
    return this.#input === undefined ? 0 : tokensOfBytes(this.#input.textBytes, this.#input.model)
  }

  readAnswer(bytes: Buffer, contentType: string): WholeAnswer | undefined {
    const told = passedAnswer(this.#operation, bytes, this.#price)
    if (told === undefined) return undefined
    const { usage, textBytes, units } = told
    return { body: bytes, contentType, usage, textBytes, units: units ?? this.units }
  }

  readLater(pieces: readonly Buffer[], contentType: string): LateAnswer | undefined {
    const length = lengthOf(pieces)
    const work = this.#work
    if (work === undefined || length <= bounds.judgedHereBytesMax) return undefined
    const { name, units, embeddings } = this.#operation
    const price = this.#price && { tiers: { size: this.#price.tiers.size }, calls: { size: this.#price.calls.size } }
    const judged = { pieces, contentType, head: { operation: name, price }, owner: work.request.caller }
    const hasText = units === undefined && embeddings === undefined
    return judgeLater(work.jobs, judged, { usage: undefined, textBytes: hasText ? length : 0, units: this.units })
  }

  openStream(options: StreamOptions): AnswerStream {
    return new PassThroughStream(this.#operation.stream ?? 'chat', options)
  }

  openBytes(contentType: string, options: StreamOptions): AnswerStream {
    return new ByteStream(contentType, options)
  }

  failureWithin(bytes: Buffer): UpstreamFailure {
    return this.#platformOf(bytes)?.failureWithin(bytes) ?? failureInAnswer(errorOf(this.#operation, bytes))
  }

  failureOf(answer: ErrorAnswer): UpstreamFailure {
    const { status, body } = answer
    const platform = this.#platformOf(body)
    if (platform !== undefined) return platform.failureOf(answer)
    return failureOfChatError(answer, parseErrorOf(this.#operation.errors, status, body))
  }

  forwardError(answer: ErrorAnswer, requestId: string): ForwardedError {
    const platform = this.#platformOf(answer.body)
    return platform?.forwardError(answer, requestId) ?? forwardedAnswer(answer, this.#operation.errors, requestId)
  }

  #platformOf(body: Buffer): ProviderErrors | undefined {
    return this.#platform?.isItsError(body) === true ? this.#platform.errors : undefined
  }
}
