// A provider-neutral chat request: every inbound dialect is parsed into it, and every upstream dialect is printed from
// it.
import type { AssistantPart, Dialect, Json, JsonObject, TextPart, UserPart } from './parts.ts'
import type { GroupedName, ResponseFormat, Tool, ToolChoice } from './tools.ts'

export interface ChatRequest {
  /** The model that the caller asked for. */
  readonly model: string
  readonly messages: readonly Message[]
  readonly tools: readonly Tool[]
  readonly toolChoice?: ToolChoice | undefined
  /** Tools that the caller has in groups, by their names in `tools`. */
  readonly groupedTools?: ReadonlyMap<string, GroupedName> | undefined
  readonly responseFormat?: ResponseFormat | undefined
  readonly stream: boolean
  /** Whether the caller uses OpenAI's deprecated `functions`, with one call per answer. */
  readonly legacyFunctions?: boolean | undefined
  readonly parameters: RequestParameters
  /** Beta features of Anthropic's API that the caller asked for in a header. */
  readonly betas?: readonly string[] | undefined
  /** The dialect of the caller. */
  readonly dialect: Dialect
  /** Members of the body that have no neutral name: sent to upstreams of the same dialect, and reported as dropped for
   *  others. */
  readonly extras: Readonly<Record<string, Json>>
  /** Members of messages, parts and tools that have no neutral name, by the caller's names: no target is sent them. */
  readonly unknown?: readonly string[] | undefined
  /** The body, in dialects whose answers repeat parts of the request. */
  readonly echo?: JsonObject | undefined
}

/** Tool results are parts of user messages. Those of one turn are in one message, before its other parts. */
export type Message =
  | { readonly role: 'system'; readonly parts: readonly TextPart[]; readonly developer?: boolean | undefined }
  | { readonly role: 'user'; readonly parts: readonly UserPart[]; readonly name?: string | undefined }
  | { readonly role: 'assistant'; readonly parts: readonly AssistantPart[]; readonly name?: string | undefined }

/** Parameters that influence an answer without being its content. A target that lacks one gets the request without it,
 *  and the caller is told. */
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
  /** The number of choices; above one it is a capability (`capabilities.ts`). */
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
  /** The kinds of content that the answer may hold: 'text', 'audio', 'image'. */
  readonly modalities?: readonly string[] | undefined
  /** The voice and format of audio answers. */
  readonly audio?: Json
  readonly prediction?: Json
}
export type Parameter = keyof RequestParameters

export type Effort = 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max'

/** A wish has at least one of `effort`, `budgetTokens` and `adaptive`. */
export interface ReasoningWish {
  readonly effort?: Effort | undefined
  readonly budgetTokens?: number | undefined
  /** Whether the model decides how much it reasons. */
  readonly adaptive?: boolean | undefined
  /** Whether and how reasoning is shown: 'auto', 'concise', 'detailed', 'none'. */
  readonly summary?: string | undefined
  /** The member in which the caller asked, where his dialect has several. */
  readonly member?: string | undefined
}
