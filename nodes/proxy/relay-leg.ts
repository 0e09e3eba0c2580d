// The caller's dialect is the upstream's: bytes pass through.
import type { Usage } from '../../shared/chat/usage.ts'
import type { Measure } from '../../shared/telemetry/records.ts'
import { type Failure, failureOfChatError, failureOfStatus, passedOnAnswer } from './failures.ts'
import type { ErrorAnswer, Leg, PassedOn, WholeAnswer } from './leg.ts'
import { readAnthropicUsage, usageOfAnthropic } from './providers/dialects/anthropic-usage.ts'
import { parseGeminiError } from './providers/dialects/gemini-error.ts'
import { readGeminiUsage } from './providers/dialects/gemini-usage.ts'
import { findUsage, usageMetadataKey } from './providers/dialects/openai-usage.ts'
import type { Route } from './providers/routes.ts'
import { type AnswerStream, RelayedStream, type StreamOptions } from './stream-answer.ts'
import { RelayedBytes } from './stream-bytes.ts'

export interface RelayedRequest {
  readonly path: string
  readonly headerLines: string
  readonly body: readonly Uint8Array[]
  /** Absent: JSON. */
  readonly contentType?: string
  readonly measure?: Measure | undefined
  /** Whose account what it names lies in; undefined: any. */
  readonly credential?: string | undefined
}

export class RelayLeg implements Leg {
  readonly dropped = ''
  readonly relayed = true
  readonly estimatedInput = undefined
  readonly streamType = 'text/event-stream'
  readonly path: string
  readonly headerLines: string
  readonly body: readonly Uint8Array[]
  readonly #route: Route

  /** By which it is charged, where the request alone tells it. */
  readonly measure: Measure | undefined

  readonly contentType: string | undefined
  readonly credential: string | undefined

  constructor(route: Route, { path, headerLines, body, contentType, measure, credential }: RelayedRequest) {
    this.credential = credential
    this.#route = route
    this.path = path
    this.headerLines = headerLines
    this.body = body
    this.contentType = contentType
    this.measure = measure
  }

  readAnswer(bytes: Buffer, contentType: string): WholeAnswer {
    const usage = this.#usageIn(bytes)
    const { measures } = this.#route
    if (measures === undefined) return { body: bytes, contentType, usage }
    return { body: bytes, contentType, usage, measure: measures.ofAnswer(bytes) ?? this.measure }
  }

  openStream(options: StreamOptions): AnswerStream {
    return new RelayedStream(this.#route.stream ?? 'chat', options)
  }

  openBytes(contentType: string, options: StreamOptions): AnswerStream {
    return new RelayedBytes(contentType, options)
  }

  failureOf(answer: ErrorAnswer): Failure {
    const { status, retryAfterMs, body } = answer
    // Google says 400 to a key that it does not know, and tells in the body alone how long to wait.
    if (this.#route.dialect === 'gemini') return failureOfChatError(answer, parseGeminiError(status, body))
    return failureOfStatus(status, retryAfterMs)
  }

  passOn(answer: ErrorAnswer, requestId: string): PassedOn {
    return passedOnAnswer(answer, this.#route.errors, requestId)
  }

  #usageIn(bytes: Buffer): Usage | undefined {
    switch (this.#route.dialect) {
      case 'anthropic':
        return findUsage(bytes, anthropicUsage)
      case 'gemini':
        return findUsage(bytes, readGeminiUsage, usageMetadataKey)
      default:
        return findUsage(bytes)
    }
  }
}

function anthropicUsage(value: unknown): Usage | undefined {
  const counts = readAnthropicUsage(value)
  return counts === undefined ? undefined : usageOfAnthropic(counts)
}
