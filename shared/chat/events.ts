// The stream vocabulary: what every upstream stream is parsed into and every inbound stream is printed from.
//
// Order: `start` first; then the parts of the choices; `finish` once per choice, after its parts; `usage` whenever it is
// known, the last one counts; `end` last. `error` or `upstream-cut` may stand in the place of any of them, and nothing
// follows; a `ping` may stand anywhere. Parts of one choice may be open side by side (parallel tool calls); `part` numbers them from 0 in the order in
// which they start, and that is their order in the answer.
import type { Finish, TokenLogprob } from './answer.ts'
import type { ChatError } from './error.ts'
import type { Citation, MediaPart, OpaquePart, Sealed, ToolForm } from './parts.ts'
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
}
export interface PartDelta extends InPart {
  readonly type: 'text-delta' | 'refusal-delta' | 'reasoning-delta' | 'tool-input-delta'
  readonly text: string
}
export interface PartEnd extends InPart {
  readonly type: 'text-end' | 'refusal-end' | 'reasoning-end' | 'tool-input-end'
}
/** For an open part. Pieces of one signature are put together; an encrypted thought comes whole. */
export interface SealedEvent extends InPart {
  readonly type: 'signature' | 'encrypted'
  readonly sealed: Sealed
}
export interface CitationEvent extends InPart {
  readonly type: 'citation'
  readonly citation: Citation
}
/** A part that comes in one piece. */
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
}
/** The upstream is alive and has nothing to say yet. */
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
/** The upstream stopped before its answer was whole. */
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
  | PingEvent
  | EndEvent
  | ErrorEvent
  | CutEvent

/** Events are handed on one at a time, in order, with no list in between. */
export type Emit = (event: ChatEvent) => void

/** Whether an event is something of the answer: what the time to the first token is measured to. */
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
