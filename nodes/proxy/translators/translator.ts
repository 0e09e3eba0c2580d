// How one attempt speaks to its upstream: what is sent, and how what comes back is read for the caller. Two kinds: bytes
// that pass through (`relay-translator.ts`), and words that are translated (`translated-translator.ts`).
import type { Capability } from '../../../shared/chat/capabilities.ts'
import type { Usage } from '../../../shared/chat/usage.ts'
import type { BillableUnits } from '../../../shared/usage/billable-units.ts'
import type { UpstreamFailure } from '../errors/upstream-failure.ts'
import type { ErrorReply } from '../http/http.ts'
import type { AnswerStream, StreamOptions } from '../streams/answer-stream.ts'

export interface Translator {
  /** Absent: POST. */
  readonly method?: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  /** Beside those of the credential. */
  readonly headerLines: string
  readonly body: readonly Uint8Array[]
  /** Name of the credential that it takes; absent: any. */
  readonly credential?: string | undefined
  /** Of the body; absent: JSON; '': there is no body. */
  readonly contentType?: string | undefined
  /** What of the request the target cannot take, as a header value; '' for nothing. */
  readonly dropped: string
  /** Tokens of the input, where the translator knows better than the body's length tells. */
  readonly estimatedInput: number | undefined
  /** The media type of the upstream's streams. */
  readonly streamType: string
  /** The upstream's own bytes go to the caller. */
  readonly passesThrough: boolean
  /** Undefined: it is no answer. */
  readAnswer(bytes: Buffer, contentType: string): WholeAnswer | undefined
  openStream(options: StreamOptions): AnswerStream
  /** Of an answer that is neither JSON nor events; absent where there can be none. */
  openBytes?(contentType: string, options: StreamOptions): AnswerStream
  /** What can be told of the request that is charged by something else than tokens. */
  readonly units?: BillableUnits | undefined
  /** What an answer outside 2xx means. */
  failureOf(answer: ErrorAnswer): UpstreamFailure
  /** The upstream's own refusal of the request, as the caller shall see it. */
  forwardError(answer: ErrorAnswer, requestId: string): ForwardedError
}

export interface WholeAnswer {
  readonly body: Buffer | string
  readonly contentType: string
  /** Undefined: the upstream told none. */
  readonly usage: Usage | undefined
  readonly units?: BillableUnits | undefined
}

export interface ErrorAnswer {
  readonly status: number
  readonly contentType: string
  readonly retryAfterMs: number | undefined
  readonly body: Buffer
}

export type ForwardedError = Omit<ErrorReply, 'body'> & { readonly body: string | Buffer }

/** Why a request cannot go to a target. */
export type Ineligible =
  | { readonly type: 'missing-capability'; readonly capability: Capability; readonly what: string }
  /** In strict mode: parameters that the target cannot take. */
  | { readonly type: 'unsupported-params'; readonly params: readonly string[] }
  /** Nothing leads from this target to that kind of provider. */
  | { readonly type: 'unspoken'; readonly route: string }
  /** What the request goes on from lies with another provider. */
  | { readonly type: 'elsewhere'; readonly provider: string }
  | { readonly type: 'unreadable'; readonly path: string; readonly message: string; readonly code?: string }
