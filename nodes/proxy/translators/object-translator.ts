// The translator of a request about files or batches: its own method and path, and an answer whose ids lead back here.
import type { BillableUnits } from '../../../shared/usage/billable-units.ts'
import { unlessTooDeep } from '../dialects/depth-guard.ts'
import { parseErrorOf } from '../dialects/error-shapes.ts'
import { failureOfChatError } from '../errors/answered-failure.ts'
import { type ForwardedError, forwardedAnswer } from '../errors/forwarded-error.ts'
import type { ErrorAnswer } from '../errors/gateway-error.ts'
import type { UpstreamFailure } from '../errors/upstream-failure.ts'
import { type AnswerStream, eventStream, type StreamOptions } from '../streams/answer-stream.ts'
import { ByteStream } from '../streams/byte-stream.ts'
import type { Translator, WholeAnswer } from './translator.ts'

export interface ObjectCall {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** The path of the call, with its query. */
  readonly path: string
  readonly headerLines: string
  readonly body: readonly Uint8Array[]
  /** The media type of the body; '' without a body. */
  readonly contentType: string
  readonly units?: BillableUnits
  /** The answer as the caller shall see it; undefined where the bytes are no answer. */
  tell(bytes: Buffer): Buffer | string | undefined
}

export class ObjectTranslator implements Translator {
  readonly passesThrough = true
  readonly dropped = ''
  readonly estimatedInput = 0
  readonly streamType = eventStream
  readonly method: ObjectCall['method']
  readonly path: string
  readonly headerLines: string
  readonly body: readonly Uint8Array[]
  readonly contentType: string
  readonly units: BillableUnits | undefined
  readonly #tell: ObjectCall['tell']

  constructor({ method, path, headerLines, body, contentType, units, tell }: ObjectCall) {
    this.method = method
    this.path = path
    this.headerLines = headerLines
    this.body = body
    this.contentType = contentType
    this.units = units
    this.#tell = tell
  }

  readAnswer(bytes: Buffer, contentType: string): WholeAnswer | undefined {
    const body = unlessTooDeep(undefined, () => this.#tell(bytes))
    return body === undefined ? undefined : { body, contentType, usage: undefined, textBytes: 0, units: this.units }
  }

  openStream(options: StreamOptions): AnswerStream {
    return new ByteStream(eventStream, options)
  }

  openBytes(contentType: string, options: StreamOptions): AnswerStream {
    return new ByteStream(contentType, options)
  }

  failureOf(answer: ErrorAnswer): UpstreamFailure {
    return failureOfChatError(answer, parseErrorOf('openai', answer.status, answer.body))
  }

  forwardError(answer: ErrorAnswer, requestId: string): ForwardedError {
    return forwardedAnswer(answer, 'openai', requestId)
  }
}
