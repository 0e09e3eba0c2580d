// The leg of a request about files or batches: its own method and path, and an answer whose ids lead back here.
import { done, type Result } from '../../shared/result.ts'
import type { Measure } from '../../shared/telemetry/records.ts'
import { type Failure, failureOfStatus, passedOnAnswer } from './failures.ts'
import type { ErrorAnswer, Leg, PassedOn, WholeAnswer } from './leg.ts'
import type { TargetLegs } from './legs.ts'
import { type AnswerStream, eventStream, type StreamOptions } from './stream-answer.ts'
import { RelayedBytes } from './stream-bytes.ts'

export interface StoredAsk {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** With its query. */
  readonly path: string
  readonly headerLines: string
  readonly body: readonly Uint8Array[]
  /** Of the body; '' without one. */
  readonly contentType: string
  readonly measure?: Measure
  /** The answer as the caller shall see it; undefined: it is no answer. */
  tell(bytes: Buffer): Buffer | string | undefined
}

export class StoredLeg implements Leg {
  readonly relayed = true
  readonly dropped = ''
  readonly estimatedInput = 0
  readonly streamType = eventStream
  readonly method: StoredAsk['method']
  readonly path: string
  readonly headerLines: string
  readonly body: readonly Uint8Array[]
  readonly contentType: string
  readonly measure: Measure | undefined
  readonly #tell: StoredAsk['tell']

  constructor({ method, path, headerLines, body, contentType, measure, tell }: StoredAsk) {
    this.method = method
    this.path = path
    this.headerLines = headerLines
    this.body = body
    this.contentType = contentType
    this.measure = measure
    this.#tell = tell
  }

  readAnswer(bytes: Buffer, contentType: string): WholeAnswer | undefined {
    const body = this.#tell(bytes)
    return body === undefined ? undefined : { body, contentType, usage: undefined, measure: this.measure }
  }

  openStream(options: StreamOptions): AnswerStream {
    return new RelayedBytes(eventStream, options)
  }

  openBytes(contentType: string, options: StreamOptions): AnswerStream {
    return new RelayedBytes(contentType, options)
  }

  failureOf({ status, retryAfterMs }: ErrorAnswer): Failure {
    return failureOfStatus(status, retryAfterMs)
  }

  passOn(answer: ErrorAnswer, requestId: string): PassedOn {
    return passedOnAnswer(answer, 'openai', requestId)
  }
}

/** There is one target alone: where the object lies. */
export function onlyLeg(leg: Leg): TargetLegs {
  return { to: (): Result<Leg, never> => done(leg), could: () => false }
}
