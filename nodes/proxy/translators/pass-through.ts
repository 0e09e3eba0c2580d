// The caller's dialect is the upstream's: bytes pass through.
import { tokensOfBytes } from '../../../shared/chat/estimate.ts'
import type { Price } from '../../../shared/models/price.ts'
import type { BillableUnits } from '../../../shared/usage/billable-units.ts'
import { bodyTextBytes } from '../dialects/common/answer-text.ts'
import { parseErrorOf } from '../dialects/error-shapes.ts'
import { failureOfChatError } from '../errors/answered-failure.ts'
import { type ForwardedError, forwardedAnswer } from '../errors/forwarded-error.ts'
import type { ErrorAnswer } from '../errors/gateway-error.ts'
import { failureInAnswer } from '../errors/stream-failure.ts'
import type { UpstreamFailure } from '../errors/upstream-failure.ts'
import type { Operation } from '../operations/operation.ts'
import type { AnswerStream, StreamOptions } from '../streams/answer-stream.ts'
import { ByteStream } from '../streams/byte-stream.ts'
import { PassThroughStream } from '../streams/pass-through-stream.ts'
import { errorOf, isAnswer } from './judge-answer.ts'
import type { ProviderErrors } from './provider-errors.ts'
import { reportedUsage } from './reported-usage.ts'
import type { Translator, WholeAnswer } from './translator.ts'

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

  /** Units to charge, when the request alone determines them (characters of speech, bytes of a file). */
  readonly units: BillableUnits | undefined

  readonly serviceTier: string | undefined
  readonly contentType: string | undefined
  readonly credential: string | undefined

  constructor(operation: Operation, request: PassThroughRequest) {
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
    if (!isAnswer(this.#operation, bytes)) return undefined
    const usage = reportedUsage(this.#operation, bytes, this.#price)
    const { units: counter } = this.#operation
    if (counter !== undefined)
      return { body: bytes, contentType, usage, textBytes: 0, units: counter.ofAnswer(bytes) ?? this.units }
    return { body: bytes, contentType, usage, textBytes: usage === undefined ? bodyTextBytes(bytes) : 0 }
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
