// The answer of one attempt as a stream: bytes of the upstream go in, bytes for the caller come out of its sink.
import type { ChatError } from '../../../shared/chat/error.ts'
import type { Usage } from '../../../shared/chat/usage.ts'
import type { BillableUnits } from '../../../shared/usage/billable-units.ts'
import type { TokenCounts } from '../../../shared/usage/token-counts.ts'

export interface StreamSink {
  /** Called before the first bytes: from now on the request cannot be tried again. */
  onFirstByte(): void
  /** Bytes for the caller, valid during the call. */
  onBytes(bytes: Buffer | string): void
  /** The answer is whole; `last` is its terminal event, which nobody has sent yet. */
  onDone(last: Buffer | string): void
  /** The upstream reported an error in its stream. */
  onErrorEvent(): void
}

export interface StreamOptions {
  /** Whether the caller asked for the usage chunk. */
  readonly showUsage: boolean
  /** When the head of the answer came, monotonic. */
  readonly nowMs: number
  readonly sink: StreamSink
}

export interface StreamTokens {
  readonly tokens: TokenCounts & Partial<Usage>
  readonly estimated: boolean
}

/** Content events and when they came; times are 0 until there is one. */
export interface StreamTiming {
  readonly tokens: number
  readonly firstTokenMs: number
  readonly lastTokenMs: number
}

export interface AnswerStream {
  /** Whether the caller has had a byte of it. */
  readonly forwarded: boolean
  /** Whether the answer is whole even if nothing more comes. */
  readonly finished: boolean
  /** What the upstream said when it reported an error. */
  readonly errorMessage: string | undefined
  /** The same, where it was understood. */
  readonly error: ChatError | undefined
  /** Media type of what the caller is sent. */
  readonly contentType: string
  /** Billable units that the stream reported; absent from dialects that report tokens alone. */
  readonly units?: BillableUnits | undefined
  /** The stream has no room for an error event: when it fails, the connection is cut. */
  readonly opaque?: boolean
  readonly timing: StreamTiming
  /** When the last event came that was not a comment, monotonic. */
  readonly lastEventMs: number
  /** Sent when nothing has been sent for a while; undefined where the stream has no such thing. */
  readonly keepAlive: string | undefined
  /** `broken` when the bytes cannot be such a stream. */
  push(bytes: Buffer, nowMs: number): 'ok' | 'broken'
  /** The upstream has ended it. */
  end(): 'whole' | 'cut'
  /** As the upstream counted; else one token for each event, and the input as estimated. */
  tokens(estimatedInput: number): StreamTokens
  /** What ends the stream when it failed; undefined: an error event of the caller's dialect. */
  failure(code: string, message: string): string | undefined
}

export function countedTokens(usage: Usage | undefined, estimatedInput: number, events: number): StreamTokens {
  if (usage !== undefined) return { tokens: usage, estimated: false }
  return { tokens: { input: estimatedInput, output: events, cached: 0 }, estimated: true }
}

export const eventStream = 'text/event-stream'
/** A comment now and then shows whatever stands between us and the caller that the stream is alive. */
export const keepAliveComment = ': keep-alive\n\n'
