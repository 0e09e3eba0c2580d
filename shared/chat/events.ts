// The neutral stream: every upstream stream is parsed into these events, and every stream to a caller is printed from
// them. Order: `start` first; then the parts of the choices; `finish` once per choice, after its parts, or again
// where a provider goes on behind it: then the last one counts; `usage` at any
// time, the last one counts; `end` last. `error` or `upstream-cut` may replace any of them, and ends the stream; `ping`
// may come at any time. Several parts of a choice may be open at once (parallel tool calls). `part` numbers them from 0
// in the order in which they start, and that is their order in the answer.
import type { Finish, TokenLogprob } from './answer.ts'
import type { ChatError } from './error.ts'
import type { Citation, JsonObject, MediaPart, OpaquePart, Sealed, ToolForm } from './parts.ts'
import type { Usage } from './usage.ts'

interface InPart {
  readonly choice: number
  readonly part: number
}

export interface StartEvent {
  readonly type: 'start'
  readonly id: string
  readonly model: string
  readonly created?: number | undefined
  readonly serviceTier?: string | undefined
  readonly fingerprint?: string | undefined
}
export interface PartStart extends InPart {
  readonly type: 'text-start' | 'refusal-start'
}
export interface ReasoningStart extends InPart {
  readonly type: 'reasoning-start'
  readonly id?: string | undefined
}
export interface ToolInputStart extends InPart {
  readonly type: 'tool-input-start'
  readonly id: string
  readonly name: string
  readonly form: ToolForm
  /** Its signature is the next event. */
  readonly signed?: boolean | undefined
}
export interface PartDelta extends InPart {
  readonly type: 'text-delta' | 'refusal-delta' | 'reasoning-delta' | 'tool-input-delta'
  readonly text: string
}
export interface PartEnd extends InPart {
  readonly type: 'text-end' | 'refusal-end' | 'reasoning-end' | 'tool-input-end'
}
/** A seal of an open part. A signature may come in pieces; encrypted reasoning comes whole. */
export interface SealedEvent extends InPart {
  readonly type: 'signature' | 'encrypted'
  readonly sealed: Sealed
}
export interface CitationEvent extends InPart {
  readonly type: 'citation'
  readonly citation: Citation
}
/** A part that is not streamed. */
export interface WholePart extends InPart {
  readonly type: 'part'
  readonly value: MediaPart | OpaquePart
}
export interface LogprobsEvent {
  readonly type: 'logprobs'
  readonly choice: number
  readonly tokens: readonly TokenLogprob[]
}
export interface FinishEvent {
  readonly type: 'finish'
  readonly choice: number
  readonly finish: Finish
}
export interface UsageEvent {
  readonly type: 'usage'
  readonly usage: Usage
  /** The output is not counted yet: only the input is known. */
  readonly isInputAlone?: boolean | undefined
}
/** Members without a neutral name (`AnswerExtras`). Later ones of the same name take the place of earlier ones. */
export interface AnswerExtrasEvent {
  readonly type: 'answer-extras'
  readonly of: 'answer' | 'usage'
  readonly members: JsonObject
}
/** The same for members of a choice. They come at any time before its finish. */
export interface ChoiceExtrasEvent {
  readonly type: 'choice-extras'
  readonly choice: number
  readonly of: 'choice' | 'message'
  readonly members: JsonObject
}
/** The upstream is alive but has no content yet. */
export interface PingEvent {
  readonly type: 'ping'
}
export interface EndEvent {
  readonly type: 'end'
}
export interface ErrorEvent {
  readonly type: 'error'
  readonly error: ChatError
}
/** The upstream stopped before its answer was complete. */
export interface CutEvent {
  readonly type: 'upstream-cut'
}

export type ChatEvent =
  | StartEvent
  | PartStart
  | ReasoningStart
  | ToolInputStart
  | PartDelta
  | PartEnd
  | SealedEvent
  | CitationEvent
  | WholePart
  | LogprobsEvent
  | FinishEvent
  | UsageEvent
  | AnswerExtrasEvent
  | ChoiceExtrasEvent
  | PingEvent
  | EndEvent
  | ErrorEvent
  | CutEvent

/** Takes events one at a time, in order, without buffering. */
export type Emit = (event: ChatEvent) => void

/** Whether an event carries content. The time to the first token ends with the first such event. */
export function isToken(event: ChatEvent): boolean {
  switch (event.type) {
    case 'text-delta':
    case 'refusal-delta':
    case 'reasoning-delta':
    case 'tool-input-delta':
      return event.text !== ''
    case 'tool-input-start':
    case 'part':
      return true
    default:
      return false
  }
}

/** Bytes of the text that an event adds to the answer. */
export function textBytesOf(event: ChatEvent): number {
  switch (event.type) {
    case 'text-delta':
    case 'refusal-delta':
    case 'reasoning-delta':
    case 'tool-input-delta':
      return Buffer.byteLength(event.text)
    case 'tool-input-start':
      return Buffer.byteLength(event.name)
    default:
      return 0
  }
}
