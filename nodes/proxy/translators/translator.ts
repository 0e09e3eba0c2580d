// How one attempt speaks to its upstream: what is sent, and how what comes back is read for the caller. The bytes pass through
// (`pass-through.ts`), or the conversation is translated (`chat-translator.ts`, `embeddings-translator.ts`).
import type { Usage } from '../../../shared/chat/usage.ts'
import type { Result } from '../../../shared/result.ts'
import type { BillableUnits } from '../../../shared/usage/billable-units.ts'
import type { ForwardedError } from '../errors/forwarded-error.ts'
import type { ErrorAnswer, Ineligible } from '../errors/gateway-error.ts'
import type { UpstreamFailure } from '../errors/upstream-failure.ts'
import type { JobFailure } from '../large/job.ts'
import type { Target } from '../providers/endpoint.ts'
import type { AnswerStream, StreamOptions } from '../streams/answer-stream.ts'

export interface Translator {
  /** The method of the upstream request; absent for POST. */
  readonly method?: 'GET' | 'POST' | 'DELETE'
  /** The path of the upstream request, with its query. */
  readonly path: string
  /** Header lines beside those of the credential, each with its CRLF. */
  readonly headerLines: string
  readonly body: readonly Uint8Array[]
  /** SHA-256 of the body in hexadecimal; absent where it is not known. */
  readonly bodyHash?: string | undefined
  /** The name of the credential that the request needs; absent where any will do. */
  readonly credential?: string | undefined
  /** The media type of the body. Absent means JSON, '' means that there is no body. */
  readonly contentType?: string | undefined
  /** The parameters that the target cannot take, as a header value; '' for none. */
  readonly dropped: string
  /** The tokens of the input, by our estimate. */
  readonly estimatedInput: number
  /** Media type of the upstream's streams. */
  readonly streamType: string
  /** Whether the caller gets the upstream's own bytes. */
  readonly passesThrough: boolean
  /** Reads a whole answer for the caller; undefined where the bytes are no answer. */
  readAnswer(bytes: Buffer, contentType: string): WholeAnswer | undefined
  /** Reads a large whole answer without holding the event loop. Absent or undefined: it is read at once. */
  readLater?(pieces: readonly Buffer[], contentType: string): LateAnswer | undefined
  /** Why the bytes of a good status are no answer; absent where nothing is known. */
  failureWithin?(bytes: Buffer): UpstreamFailure
  openStream(options: StreamOptions): AnswerStream
  /** Opens the stream of an answer that is neither JSON nor events; absent where there can be none. */
  openBytes?(contentType: string, options: StreamOptions): AnswerStream
  /** Units to charge, when the request alone determines them (characters of speech, bytes of a file). */
  readonly units?: BillableUnits | undefined
  /** The service tier that the target is asked for, as `tierOf` names it; absent where it is asked for none. */
  readonly serviceTier?: string | undefined
  /** What an answer outside 2xx means. */
  failureOf(answer: ErrorAnswer): UpstreamFailure
  /** The upstream's rejection of the request, in the caller's error shape. */
  forwardError(answer: ErrorAnswer, requestId: string): ForwardedError
}

export interface WholeAnswer {
  readonly body: Buffer | string
  readonly contentType: string
  /** The usage that the upstream reported; undefined where it reported none. */
  readonly usage: Usage | undefined
  /** The bytes of the answer's text; 0 where the usage is reported. */
  readonly textBytes: number
  readonly units?: BillableUnits | undefined
  /** Set on an answer of ours, which an upstream did not have: a number of tokens. */
  readonly isEstimate?: true
}

/** An answer that is still being read. */
export interface LateAnswer {
  /** Undefined where the bytes are no answer. */
  readonly result: Promise<Result<WholeAnswer | undefined, JobFailure>>
  /** Nobody waits for the answer any more; it never comes. */
  cancel(): void
}

/** Something that takes a while to make. */
export interface Late<Value> {
  /** Makes it. */
  start(): Promise<Made<Value>>
  /** Nobody waits for it any more; it never comes. */
  stop(): void
}

export type Made<Value> = Result<Value, Ineligible | Unmade>
export type LateTranslator = Late<Translator>

/** It could not be made, which says nothing about the target. */
export interface Unmade {
  readonly type: 'unmade'
  readonly error: JobFailure
}

/** Chooses the translator of each target of one request. */
export interface Translators {
  /** The translator of a large body for one target. Absent or undefined: it is made at once, by `to`. */
  late?(target: Target, strict: boolean): LateTranslator | undefined
  /** The translator for one target. `strict` means that the model's route wants no parameter dropped. */
  to(target: Target, strict: boolean): Result<Translator, Ineligible>
  /** Whether a target could take the request; nothing is printed that would be sent. Undefined: looking would cost too much. */
  could(target: Target, strict: boolean, ineligible: Ineligible): boolean | undefined
}
