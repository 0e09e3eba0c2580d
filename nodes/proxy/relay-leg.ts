// The caller's dialect is the upstream's: bytes pass through.
import type { Usage } from '../../shared/chat/usage.ts'
import { type Failure, failureOfStatus, passedOnAnswer } from './failures.ts'
import type { ErrorAnswer, Leg, PassedOn, WholeAnswer } from './leg.ts'
import { readAnthropicUsage, usageOfAnthropic } from './providers/dialects/anthropic-usage.ts'
import { findUsage } from './providers/dialects/openai-usage.ts'
import type { Route } from './providers/routes.ts'
import { type AnswerStream, RelayedStream, type StreamOptions } from './stream-answer.ts'

export class RelayLeg implements Leg {
  readonly dropped = ''
  readonly estimatedInput = undefined
  readonly streamType = 'text/event-stream'
  readonly path: string
  readonly headerLines: string
  readonly body: readonly Uint8Array[]
  readonly #route: Route

  constructor(route: Route, path: string, headerLines: string, body: readonly Uint8Array[]) {
    this.#route = route
    this.path = path
    this.headerLines = headerLines
    this.body = body
  }

  readAnswer(bytes: Buffer, contentType: string): WholeAnswer {
    return { body: bytes, contentType, usage: this.#usageIn(bytes) }
  }

  openStream(options: StreamOptions): AnswerStream {
    return new RelayedStream(this.#route.stream ?? 'chat', options)
  }

  failureOf({ status, retryAfterMs }: ErrorAnswer): Failure {
    return failureOfStatus(status, retryAfterMs)
  }

  passOn(answer: ErrorAnswer, requestId: string): PassedOn {
    return passedOnAnswer(answer, this.#route.errors, requestId)
  }

  #usageIn(bytes: Buffer): Usage | undefined {
    return this.#route.dialect === 'anthropic' ? findUsage(bytes, anthropicUsage) : findUsage(bytes)
  }
}

function anthropicUsage(value: unknown): Usage | undefined {
  const counts = readAnthropicUsage(value)
  return counts === undefined ? undefined : usageOfAnthropic(counts)
}
