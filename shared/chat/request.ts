// One request for an answer, in no provider's words: what every inbound dialect is parsed into and every upstream dialect
// is printed from.
import type { AssistantPart, Dialect, Json, JsonObject, TextPart, UserPart } from './parts.ts'
import type { ResponseFormat, Tool, ToolChoice } from './tools.ts'

export interface ChatRequest {
  /** As the caller asked for it. */
  readonly model: string
  readonly messages: readonly Message[]
  readonly tools: readonly Tool[]
  readonly toolChoice?: ToolChoice | undefined
  readonly responseFormat?: ResponseFormat | undefined
  readonly stream: boolean
  /** The caller knows OpenAI's older `functions`, one call an answer. */
  readonly legacyFunctions?: boolean | undefined
  readonly parameters: RequestParameters
  /** Features of Anthropic's API that the caller asked for beside its request. */
  readonly betas?: readonly string[] | undefined
  /** How the caller speaks. */
  readonly dialect: Dialect
  /** Members of the body that have no neutral name: for upstreams of the same dialect, and for the list of what was dropped. */
  readonly extras: Readonly<Record<string, Json>>
  /** The body, where the dialect's answers repeat what was asked. */
  readonly echo?: JsonObject | undefined
}

/** Tool results are parts of user messages; those of one turn stand in one message, in front of its other parts. */
export type Message =
  | { readonly role: 'system'; readonly parts: readonly TextPart[]; readonly developer?: boolean | undefined }
  | { readonly role: 'user'; readonly parts: readonly UserPart[]; readonly name?: string | undefined }
  | { readonly role: 'assistant'; readonly parts: readonly AssistantPart[]; readonly name?: string | undefined }

/** What turns an answer without being its content. A target that lacks one goes without it, and the caller is told. */
export interface RequestParameters {
  readonly maxOutputTokens?: number | undefined
  readonly temperature?: number | undefined
  readonly topP?: number | undefined
  readonly topK?: number | undefined
  readonly minP?: number | undefined
  readonly frequencyPenalty?: number | undefined
  readonly presencePenalty?: number | undefined
  readonly repetitionPenalty?: number | undefined
  readonly seed?: number | undefined
  readonly logitBias?: Json
  readonly stop?: readonly string[] | undefined
  /** How many answers: above one it is a capability, see `capabilities.ts`. */
  readonly n?: number | undefined
  readonly logprobs?: { readonly top?: number | undefined } | undefined
  readonly reasoning?: ReasoningWish | undefined
  readonly parallelToolCalls?: boolean | undefined
  readonly verbosity?: string | undefined
  readonly user?: string | undefined
  readonly safetyIdentifier?: string | undefined
  readonly metadata?: Json
  readonly serviceTier?: string | undefined
  readonly promptCacheKey?: string | undefined
  readonly promptCacheRetention?: string | undefined
  readonly store?: boolean | undefined
  /** 'text', 'audio', 'image': what the answer may hold. */
  readonly modalities?: readonly string[] | undefined
  /** Voice and format of spoken answers. */
  readonly audio?: Json
  readonly prediction?: Json
}
export type Parameter = keyof RequestParameters

export type Effort = 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max'

/** At least one of `effort`, `budgetTokens` and `adaptive` is there when anything is. */
export interface ReasoningWish {
  readonly effort?: Effort | undefined
  readonly budgetTokens?: number | undefined
  /** The model decides how much. */
  readonly adaptive?: boolean | undefined
  /** Whether, and how, thoughts shall be shown: 'auto', 'concise', 'detailed', 'none'. */
  readonly summary?: string | undefined
}
