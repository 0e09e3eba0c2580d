// One whole answer. It is the fold of its events (`assemble.ts`), and has events of its own (`explode.ts`), so that a
// streamed answer and a whole one are the same thing.
import type { AssistantPart } from './parts.ts'
import type { Usage } from './usage.ts'

export interface ChatAnswer {
  /** The provider's, '' when it gives none. */
  readonly id: string
  /** What really served. */
  readonly model: string
  /** Seconds since the epoch. */
  readonly created?: number | undefined
  readonly choices: readonly Choice[]
  /** Undefined when the provider told none. */
  readonly usage?: Usage | undefined
  readonly serviceTier?: string | undefined
  readonly fingerprint?: string | undefined
}

/** Choices stand in the order of their indexes, from 0, without gaps. */
export interface Choice {
  readonly parts: readonly AssistantPart[]
  readonly finish: Finish
  readonly logprobs?: readonly TokenLogprob[] | undefined
}

export interface Finish {
  readonly reason: FinishReason
  /** In the provider's words. */
  readonly raw?: string | undefined
  /** Which stop sequence ended it. */
  readonly stopSequence?: string | undefined
  /** Why it was declined, in the provider's words. */
  readonly explanation?: string | undefined
}

export type FinishReason =
  | 'stop'
  | 'length' // the cap on output tokens
  | 'context-length' // the model's window
  | 'tool-calls'
  | 'content-filter' // cut by a filter beside the model
  | 'refusal' // declined by the model
  | 'pause' // the provider wants the turn sent back to go on

/** As OpenAI has it. */
export interface TokenLogprob {
  readonly token: string
  readonly logprob: number
  readonly bytes?: readonly number[] | null | undefined
  readonly top: readonly Omit<TokenLogprob, 'top'>[]
}

/** The reason that fits what was said. Providers call it a stop when tools were called, and name tools that never came;
 *  a cut-off or filtered turn stays one even if it called tools. */
export function settledReason(reason: FinishReason, calledTools: boolean): FinishReason {
  if (calledTools) return reason === 'stop' ? 'tool-calls' : reason
  return reason === 'tool-calls' ? 'stop' : reason
}

/** More answers to one request than anybody sells; an index above it is not one. */
export const choicesMax = 128
