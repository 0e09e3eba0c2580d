// The interface of streamed answers: bytes of the upstream go in, and bytes for the caller come out through a sink.
import type { ChatError } from '../../../shared/chat/error.ts'
import { tokensOfBytes } from '../../../shared/chat/estimate.ts'
import type { MediaTokens, Usage } from '../../../shared/chat/usage.ts'
import type { BillableUnits } from '../../../shared/usage/billable-units.ts'
import type { TokenCounts } from '../../../shared/usage/token-counts.ts'

export interface StreamSink {
  /** Called before the first bytes. The request cannot be tried again after that. */
  onFirstByte(): void
  /** Called with bytes for the caller, which are valid during the call. */
  onBytes(bytes: Buffer | string): void
  /** Called when the answer is complete. `last` is its terminal event, which has not been sent yet. */
  onDone(last: Buffer | string): void
  /** Called when the upstream reports an error in its stream. */
  onErrorEvent(): void
}

export interface StreamOptions {
  /** Whether the caller asked for the usage chunk. */
  readonly showUsage: boolean
  /** Monotonic time at which the head of the answer arrived. */
  readonly nowMs: number
  readonly sink: StreamSink
  /** Whether the stream may be ended early: what its end needs is kept. */
  readonly mayCurtail?: boolean | undefined
}

export interface StreamTokens {
  readonly tokens: TokenCounts & Partial<Usage>
  readonly estimated: boolean
}

/** The number of content events, and when the first and the last one arrived; the times are 0 until there is one. */
export interface StreamTiming {
  readonly tokens: number
  readonly firstTokenMs: number
  readonly lastTokenMs: number
}

export interface AnswerStream {
  /** Whether a byte was sent to the caller. Nothing is sent before the first token. */
  readonly forwarded: boolean
  /** Whether the answer is complete even if the upstream sends nothing more. */
  readonly finished: boolean
  /** Whether nothing is missing but the terminal event: the finish and the usage have come. */
  readonly complete: boolean
  /** Message of an error that the upstream reported. */
  readonly errorMessage: string | undefined
  /** The reported error, where the upstream's dialect was parsed. */
  readonly error: ChatError | undefined
  /** Media type of the answer to the caller. */
  readonly contentType: string
  /** Billable units that the stream reported; absent from dialects that report tokens alone. */
  readonly units?: BillableUnits | undefined
  /** Whether the stream has no room for an error event: when it fails, the connection is cut. */
  readonly opaque?: boolean
  readonly timing: StreamTiming
  /** Monotonic time of the last event that was not a comment, from the first token on; until then, of the head. */
  readonly lastEventMs: number
  /** The text to send when nothing was sent for a while; undefined where the format has none. */
  readonly keepAlive: string | undefined
  /** Takes bytes of the upstream. Returns `broken` when they are no stream of its format. */
  push(bytes: Buffer, nowMs: number): 'ok' | 'broken'
  /** Called when the upstream has ended the stream. Returns `cut` when the answer is incomplete. */
  end(): 'whole' | 'cut'
  /** Ends a complete stream whose upstream neither ends it nor goes on. */
  stop(): void
  /** Tokens as the upstream reported them; what it did not report is estimated. */
  tokens(estimate: InputEstimate): StreamTokens
  /** The tokens of output that have come, by the upstream's count where it tells one with its events, else by the bytes of text. */
  outputSoFar(bytesPerToken: number): number
  /** Ends the stream early, as its format ends an answer that has reached its length, and returns what is still to be sent; undefined
   *  where it has no such end. Nothing that comes later is read. */
  curtail(estimate: InputEstimate): string | undefined
  /** The text that ends a stream that failed; undefined where an event in the caller's error shape ends it. */
  failure(code: string, message: string): string | undefined
}

/** What estimates need to know of the request. */
export interface InputEstimate {
  /** The tokens of the input, by our estimate. */
  readonly estimatedInput: number
  /** The model's name at the provider. */
  readonly target: { readonly model: string }
}

/** What a stream has reported and delivered. */
export interface StreamCounts {
  readonly usage: Usage | undefined
  /** Whether `usage` has the output. */
  readonly isOutputTold: boolean
  /** Bytes of the delivered text. */
  readonly textBytes: number
}

/** The tokens of a stream. A count of the upstream always wins: an estimate is only for what it has not told. */
export function countedTokens({ usage, isOutputTold, textBytes }: StreamCounts, estimate: InputEstimate): StreamTokens {
  if (usage !== undefined && isOutputTold) return { tokens: usage, estimated: false }
  const output = tokensOfBytes(textBytes, estimate.target.model)
  if (usage !== undefined)
    return { tokens: { ...usage, output, reasoning: 0, media: inputAlone(usage.media) }, estimated: true }
  return { tokens: { input: estimate.estimatedInput, output, cached: 0 }, estimated: true }
}

/** The output of a stream that has not ended, for those who charge it while it runs. */
export function countedOutput({ usage, isOutputTold, textBytes }: StreamCounts, bytesPerToken: number): number {
  return usage !== undefined && isOutputTold ? usage.output : Math.ceil(textBytes / bytesPerToken)
}

function inputAlone(media: MediaTokens | undefined): MediaTokens | undefined {
  return media === undefined ? undefined : { ...media, audioOutput: 0, imageOutput: 0 }
}

/** The most that is held back before the first token. A response is announced twice, with its instructions and tools. */
export const openingBytesMax = 256 << 10

export const eventStream = 'text/event-stream'
/** The comment that keeps proxies between the gateway and the caller from closing a silent stream. */
export const keepAliveComment = ': keep-alive\n\n'
