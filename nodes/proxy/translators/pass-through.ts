// The caller's dialect is the upstream's: bytes pass through.
import type { Usage } from '../../../shared/chat/usage.ts'
import type { BillableUnits } from '../../../shared/usage/billable-units.ts'
import { readAnthropicUsage, usageOfAnthropic } from '../dialects/anthropic/usage.ts'
import { parseGeminiError } from '../dialects/gemini/error.ts'
import { readGeminiUsage } from '../dialects/gemini/usage.ts'
import { findUsage, usageMetadataKey } from '../dialects/openai/usage.ts'
import {
  failureOfChatError,
  failureOfStatus,
  forwardedAnswer,
  type UpstreamFailure,
} from '../errors/upstream-failure.ts'
import type { Operation } from '../operations/operations.ts'
import { type AnswerStream, PassThroughStream, type StreamOptions } from '../streams/answer-stream.ts'
import { ByteStream } from '../streams/byte-stream.ts'
import type { ErrorAnswer, ForwardedError, Translator, WholeAnswer } from './translator.ts'

export interface PassThroughRequest {
  readonly path: string
  readonly headerLines: string
  readonly body: readonly Uint8Array[]
  /** Absent: JSON. */
  readonly contentType?: string
  readonly measure?: BillableUnits | undefined
  /** Whose account what it names lies in; undefined: any. */
  readonly credential?: string | undefined
}

export class PassThrough implements Translator {
  readonly dropped = ''
  readonly passesThrough = true
  readonly estimatedInput = undefined
  readonly streamType = 'text/event-stream'
  readonly path: string
  readonly headerLines: string
  readonly body: readonly Uint8Array[]
  readonly #route: Operation

  /** By which it is charged, where the request alone tells it. */
  readonly units: BillableUnits | undefined

  readonly contentType: string | undefined
  readonly credential: string | undefined

  constructor(route: Operation, { path, headerLines, body, contentType, measure, credential }: PassThroughRequest) {
    this.credential = credential
    this.#route = route
    this.path = path
    this.headerLines = headerLines
    this.body = body
    this.contentType = contentType
    this.units = measure
  }

  readAnswer(bytes: Buffer, contentType: string): WholeAnswer {
    const usage = this.#usageIn(bytes)
    const { units: measures } = this.#route
    if (measures === undefined) return { body: bytes, contentType, usage }
    return { body: bytes, contentType, usage, units: measures.ofAnswer(bytes) ?? this.units }
  }

  openStream(options: StreamOptions): AnswerStream {
    return new PassThroughStream(this.#route.stream ?? 'chat', options)
  }

  openBytes(contentType: string, options: StreamOptions): AnswerStream {
    return new ByteStream(contentType, options)
  }

  failureOf(answer: ErrorAnswer): UpstreamFailure {
    const { status, retryAfterMs, body } = answer
    // Google says 400 to a key that it does not know, and tells in the body alone how long to wait.
    if (this.#route.dialect === 'gemini') return failureOfChatError(answer, parseGeminiError(status, body))
    return failureOfStatus(status, retryAfterMs)
  }

  forwardError(answer: ErrorAnswer, requestId: string): ForwardedError {
    return forwardedAnswer(answer, this.#route.errors, requestId)
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
