// Embeddings from an upstream that does not speak OpenAI's dialect of them.

import { tokensOfBytes } from '../../../shared/chat/estimate.ts'
import type { JsonObject } from '../../../shared/chat/parts.ts'
import { usageOf } from '../../../shared/chat/usage.ts'
import { tryParseExact } from '../../../shared/json/exact.ts'
import type { EmbeddingTranslation } from '../dialects/embedding-dialect.ts'
import type { ErrorShape } from '../dialects/error-shapes.ts'
import type { ForwardedError } from '../errors/forwarded-error.ts'
import type { ErrorAnswer } from '../errors/gateway-error.ts'
import type { UpstreamFailure } from '../errors/upstream-failure.ts'
import type { AnswerStream } from '../streams/answer-stream.ts'
import { ProviderErrors } from './provider-errors.ts'
import type { Translator, WholeAnswer } from './translator.ts'

export class EmbeddingsTranslator implements Translator {
  readonly passesThrough = false
  readonly streamType = 'text/event-stream'
  readonly path: string
  readonly headerLines: string
  readonly body: readonly Uint8Array[]
  readonly dropped: string
  readonly #translation: EmbeddingTranslation
  readonly #errors: ProviderErrors

  constructor(translation: EmbeddingTranslation, shape: ErrorShape, path: string, headerLines: string) {
    const { printed, dropped } = translation
    this.#translation = translation
    this.#errors = new ProviderErrors(translation.dialect, shape)
    this.path = path
    this.headerLines = headerLines + printed.headerLines
    this.body = [Buffer.from(printed.body)]
    this.dropped = dropped.join(', ')
  }

  get estimatedInput(): number {
    const { request } = this.#translation
    let tokens = 0
    for (const input of request.inputs)
      tokens += input.type === 'tokens' ? input.tokens.length : tokensOfBytes(Buffer.byteLength(input.text), '')
    return tokens
  }

  readAnswer(bytes: Buffer): WholeAnswer | undefined {
    const { inbound, upstream, request, printed } = this.#translation
    const value = tryParseExact(bytes.toString('utf8'))
    if (typeof value !== 'object' || value === null) return undefined
    const answer = upstream.parseAnswer(value as JsonObject, printed)
    if (answer?.vectors.length !== request.inputs.length || !answer.vectors.every(isVector)) return undefined
    const usage = answer.inputTokens === undefined ? undefined : usageOf({ input: answer.inputTokens })
    return { body: inbound.printAnswer(answer, request), contentType: 'application/json', usage, textBytes: 0 }
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

/** Whether a vector can be printed anew, which a nested list or a number beyond a double's range cannot. */
function isVector(vector: readonly unknown[]): boolean {
  return vector.every((value) => typeof value === 'number')
}
