// What an upstream of another dialect says when it refuses, as the caller shall see it.

import { tryParseExact } from '../../../shared/json/exact.ts'
import { isObject } from '../dialects/common/body-reader.ts'
import type { UpstreamDialect } from '../dialects/dialect.ts'
import { type ErrorShape, printError } from '../dialects/error-shapes.ts'
import type { ForwardedError } from '../errors/forwarded-error.ts'
import type { ErrorAnswer } from '../errors/gateway-error.ts'
import { failureInAnswer } from '../errors/stream-failure.ts'
import { toldCode } from '../errors/told-code.ts'
import { failureOfChatError, type UpstreamFailure } from '../errors/upstream-failure.ts'

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
    return failureOfChatError(answer, this.#upstream.parseError(answer.status, answer.body))
  }

  forwardError({ status, body }: ErrorAnswer, requestId: string): ForwardedError {
    const error = this.#upstream.parseError(status, body)
    const { message, param } = error
    const said = message === '' ? `The upstream refused the request (${status}) and gave no reason.` : message
    const facts = { status, type: 'invalid_request_error', code: toldCode(error) ?? null, message: said, param }
    const headers = ['content-type', 'application/json', 'x-request-id', requestId, 'x-should-retry', 'false']
    if (this.#shape === 'anthropic') headers.push('request-id', requestId)
    return { status, headers, body: printError(this.#shape, facts, requestId) }
  }
}
