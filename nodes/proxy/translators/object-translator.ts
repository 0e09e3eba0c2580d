// The translator of a request about files or batches: its own method and path, and an answer whose ids lead back here.
import { done, type Result } from '../../../shared/result.ts'
import type { BillableUnits } from '../../../shared/usage/billable-units.ts'
import { failureOfStatus, forwardedAnswer, type UpstreamFailure } from '../errors/upstream-failure.ts'
import { type AnswerStream, eventStream, type StreamOptions } from '../streams/answer-stream.ts'
import { ByteStream } from '../streams/byte-stream.ts'
import type { Translators } from './choose-translator.ts'
import type { ErrorAnswer, ForwardedError, Translator, WholeAnswer } from './translator.ts'

export interface ObjectCall {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** With its query. */
  readonly path: string
  readonly headerLines: string
  readonly body: readonly Uint8Array[]
  /** Of the body; '' without one. */
  readonly contentType: string
  readonly measure?: BillableUnits
  /** The answer as the caller shall see it; undefined: it is no answer. */
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

  constructor({ method, path, headerLines, body, contentType, measure, tell }: ObjectCall) {
    this.method = method
    this.path = path
    this.headerLines = headerLines
    this.body = body
    this.contentType = contentType
    this.units = measure
    this.#tell = tell
  }

  readAnswer(bytes: Buffer, contentType: string): WholeAnswer | undefined {
    const body = this.#tell(bytes)
    return body === undefined ? undefined : { body, contentType, usage: undefined, units: this.units }
  }

  openStream(options: StreamOptions): AnswerStream {
    return new ByteStream(eventStream, options)
  }

  openBytes(contentType: string, options: StreamOptions): AnswerStream {
    return new ByteStream(contentType, options)
  }

  failureOf({ status, retryAfterMs }: ErrorAnswer): UpstreamFailure {
    return failureOfStatus(status, retryAfterMs)
  }

  forwardError(answer: ErrorAnswer, requestId: string): ForwardedError {
    return forwardedAnswer(answer, 'openai', requestId)
  }
}

/** There is one target alone: where the object lies. */
export function onlyTranslator(translator: Translator): Translators {
  return { to: (): Result<Translator, never> => done(translator), could: () => false }
}
