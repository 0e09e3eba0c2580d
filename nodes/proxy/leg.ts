// How one attempt speaks to its upstream: what is sent, and how what comes back is read for the caller. Two kinds: bytes
// that pass through (`relay-leg.ts`), and words that are translated (`translated-leg.ts`).
import type { Capability } from '../../shared/chat/capabilities.ts'
import type { Usage } from '../../shared/chat/usage.ts'
import type { Measure } from '../../shared/telemetry/records.ts'
import type { Failure } from './failures.ts'
import type { RefusalAnswer } from './http/http.ts'
import type { AnswerStream, StreamOptions } from './stream-answer.ts'

export interface Leg {
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
  /** Tokens of the input, where the leg knows better than the body's length tells. */
  readonly estimatedInput: number | undefined
  /** The media type of the upstream's streams. */
  readonly streamType: string
  /** The upstream's own bytes go to the caller. */
  readonly relayed: boolean
  /** Undefined: it is no answer. */
  readAnswer(bytes: Buffer, contentType: string): WholeAnswer | undefined
  openStream(options: StreamOptions): AnswerStream
  /** Of an answer that is neither JSON nor events; absent where there can be none. */
  openBytes?(contentType: string, options: StreamOptions): AnswerStream
  /** What can be told of the request that is charged by something else than tokens. */
  readonly measure?: Measure | undefined
  /** What an answer outside 2xx means. */
  failureOf(answer: ErrorAnswer): Failure
  /** The upstream's own refusal of the request, as the caller shall see it. */
  passOn(answer: ErrorAnswer, requestId: string): PassedOn
}

export interface WholeAnswer {
  readonly body: Buffer | string
  readonly contentType: string
  /** Undefined: the upstream told none. */
  readonly usage: Usage | undefined
  readonly measure?: Measure | undefined
}

export interface ErrorAnswer {
  readonly status: number
  readonly contentType: string
  readonly retryAfterMs: number | undefined
  readonly body: Buffer
}

export type PassedOn = Omit<RefusalAnswer, 'body'> & { readonly body: string | Buffer }

/** Why a request cannot go to a target. */
export type Unable =
  | { readonly type: 'missing-capability'; readonly capability: Capability; readonly what: string }
  /** In strict mode: knobs that the target cannot take. */
  | { readonly type: 'unsupported-params'; readonly params: readonly string[] }
  /** Nothing leads from this endpoint to that kind of provider. */
  | { readonly type: 'unspoken'; readonly route: string }
  /** What the request goes on from lies with another provider. */
  | { readonly type: 'elsewhere'; readonly provider: string }
  | { readonly type: 'unreadable'; readonly path: string; readonly message: string; readonly code?: string }
