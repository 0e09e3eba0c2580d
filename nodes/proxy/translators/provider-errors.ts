// What an upstream of another dialect says when it refuses, as the caller shall see it.
import type { ChatError } from '../../../shared/chat/error.ts'
import { tryParseExact } from '../../../shared/json/exact.ts'
import { isObject } from '../dialects/common/body-reader.ts'
import type { UpstreamDialect } from '../dialects/dialect.ts'
import type { ErrorShape } from '../dialects/error-shapes.ts'
import { failureOfChatError } from '../errors/answered-failure.ts'
import { type ForwardedError, forwardedError } from '../errors/forwarded-error.ts'
import type { ErrorAnswer } from '../errors/gateway-error.ts'
import { failureInAnswer } from '../errors/stream-failure.ts'
import type { UpstreamFailure } from '../errors/upstream-failure.ts'

export class ProviderErrors {
  readonly #upstream: UpstreamDialect
  readonly #shape: ErrorShape

  constructor(upstream: UpstreamDialect, shape: ErrorShape) {
    this.#upstream = upstream
    this.#shape = shape
  }

  /** The failure of a body with a good status that is no answer. */
  failureWithin(body: Buffer): UpstreamFailure {
    const isRead = isObject(tryParseExact(body.toString('utf8')))
    return failureInAnswer(isRead ? this.#upstream.parseError(500, body) : undefined)
  }

  failureOf(answer: ErrorAnswer): UpstreamFailure {
    return failureOfChatError(answer, this.#errorOf(answer))
  }

  forwardError(answer: ErrorAnswer, requestId: string): ForwardedError {
    return forwardedError(answer, this.#errorOf(answer), { shape: this.#shape, requestId })
  }

  #errorOf({ status, body, errorType }: ErrorAnswer): ChatError {
    return this.#upstream.parseError(status, body, errorType)
  }
}
