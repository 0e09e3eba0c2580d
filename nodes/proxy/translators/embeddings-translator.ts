// Embeddings from an upstream that does not speak OpenAI's dialect of them.
import { done, type Result } from '../../../shared/result.ts'
import type { EmbeddingTranslation } from '../dialects/embedding-dialect.ts'
import type { ErrorShape } from '../dialects/error-shapes.ts'
import type { ForwardedError } from '../errors/forwarded-error.ts'
import type { ErrorAnswer } from '../errors/gateway-error.ts'
import type { UpstreamFailure } from '../errors/upstream-failure.ts'
import type { JobFailure } from '../large/job.ts'
import { upstreamName } from '../providers/upstream-dialects.ts'
import type { AnswerStream } from '../streams/answer-stream.ts'
import type { LargeWork, TranslatedCall } from './chat-translator.ts'
import { readEmbeddingsJob } from './late/read-answer-jobs.ts'
import { ProviderErrors } from './provider-errors.ts'
import { readEmbeddings } from './read-answer.ts'
import type { LateAnswer, Translator, WholeAnswer } from './translator.ts'

const contentType = 'application/json'

export class EmbeddingsTranslator implements Translator {
  readonly passesThrough = false
  readonly streamType = 'text/event-stream'
  readonly path: string
  readonly headerLines: string
  readonly body: readonly Uint8Array[]
  readonly bodyHash: string | undefined
  readonly dropped: string
  readonly #translation: EmbeddingTranslation
  readonly #errors: ProviderErrors
  readonly #work: LargeWork

  constructor(translation: EmbeddingTranslation, shape: ErrorShape, call: TranslatedCall, work: LargeWork) {
    this.#translation = translation
    this.#errors = new ProviderErrors(translation.dialect, shape)
    this.#work = work
    this.path = call.path
    this.headerLines = call.headerLines
    this.body = call.body
    this.bodyHash = call.bodyHash
    this.dropped = call.dropped.join(', ')
  }

  get estimatedInput(): number {
    return this.#translation.asked.estimatedInput
  }

  readAnswer(bytes: Buffer): WholeAnswer | undefined {
    const read = readEmbeddings(bytes, this.#translation)
    if (read === undefined) return undefined
    const { body, usage, textBytes } = read
    return { body, contentType, usage, textBytes }
  }

  readLater(pieces: readonly Buffer[]): LateAnswer {
    const { dialect, printed, asked } = this.#translation
    const { jobs, owner, operation } = this.#work
    const head = { operation, upstream: upstreamName(dialect), printed, asked }
    const running = jobs.run(readEmbeddingsJob, { head, bodies: [pieces], owner, isPaid: true })
    const result = running.result.then((read): Result<WholeAnswer | undefined, JobFailure> => {
      if (!read.ok) return read
      const { told, bodies } = read.value
      return done(told === undefined ? undefined : { body: Buffer.concat(bodies[0] ?? []), contentType, ...told })
    })
    return { result, cancel: () => running.cancel() }
  }

  /** Throws: embeddings do not stream, and a request that asks for it is refused before. */
  openStream(): AnswerStream {
    throw new Error('embeddings were asked for as a stream')
  }

  failureWithin(bytes: Buffer): UpstreamFailure {
    return this.#errors.failureWithin(bytes)
  }

  failureOf(answer: ErrorAnswer): UpstreamFailure {
    return this.#errors.failureOf(answer)
  }

  forwardError(answer: ErrorAnswer, requestId: string): ForwardedError {
    return this.#errors.forwardError(answer, requestId)
  }
}
