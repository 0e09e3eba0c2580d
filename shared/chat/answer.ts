// One complete answer. It is the fold of its events (`assemble.ts`) and can be turned into events (`explode.ts`), so
// that streamed and unary answers are the same thing.
import type { AssistantPart, JsonObject } from './parts.ts'
import type { Usage } from './usage.ts'

export interface ChatAnswer {
  /** The provider's id, '' when it gives none. */
  readonly id: string
  /** The model that answered, by the provider's name. */
  readonly model: string
  /** Seconds since the epoch. */
  readonly created?: number | undefined
  readonly choices: readonly Choice[]
  /** The usage is undefined when the provider reported none. */
  readonly usage?: Usage | undefined
  readonly serviceTier?: string | undefined
  readonly fingerprint?: string | undefined
  readonly extras?: AnswerExtras | undefined
}

/** Members of the provider that have no neutral name. They are read for callers of the same dialect only, who get them as
 *  they came. */
export interface AnswerExtras {
  /** Members of the answer itself. */
  readonly answer?: JsonObject | undefined
  /** Members of its usage. */
  readonly usage?: JsonObject | undefined
}

export interface ChoiceExtras {
  readonly choice?: JsonObject | undefined
  readonly message?: JsonObject | undefined
}

/** Choices are in the order of their indexes, from 0, without gaps. */
export interface Choice {
  readonly parts: readonly AssistantPart[]
  readonly finish: Finish
  readonly logprobs?: readonly TokenLogprob[] | undefined
  readonly extras?: ChoiceExtras | undefined
}

export interface Finish {
  readonly reason: FinishReason
  /** The provider's own finish reason. */
  readonly raw?: string | undefined
  /** The stop sequence that ended the answer. */
  readonly stopSequence?: string | undefined
  /** The provider's explanation of a refusal. */
  readonly explanation?: string | undefined
}

export type FinishReason =
  | 'stop'
  | 'length' // the limit on output tokens
  | 'context-length' // the context window of the model
  | 'tool-calls'
  | 'content-filter' // stopped by a filter of the provider
  | 'refusal' // declined by the model
  | 'pause' // the provider expects the turn to be sent back, and continues it

/** The log probability of a token, with OpenAI's members. */
export interface TokenLogprob {
  readonly token: string
  readonly logprob: number
  readonly bytes?: readonly number[] | null | undefined
  readonly top: readonly Omit<TokenLogprob, 'top'>[]
}

/** Corrects a finish reason by whether tools were called: some providers report a stop after tool calls, or tool calls
 *  that never came. A truncated or filtered answer stays one even if it called tools. */
export function settledReason(reason: FinishReason, calledTools: boolean): FinishReason {
  if (calledTools) return reason === 'stop' ? 'tool-calls' : reason
  return reason === 'tool-calls' ? 'stop' : reason
}

/** No provider sells more choices per request; a larger index is invalid. */
export const choicesMax = 128
