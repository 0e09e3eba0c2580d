// The two sides of a dialect, as the proxy sees them. Dialects are pure: bodies and bytes go in, values and text come
// out. The folders of the dialects use the same file names: `parse-request.ts`, `print-request.ts`, `parse-stream.ts`,
// `print-stream.ts`, or `request.ts` and `answer.ts` where one file has both directions.
import type { ChatAnswer } from '../../../shared/chat/answer.ts'
import type { Capability, MissingCapability, ModelFacts } from '../../../shared/chat/capabilities.ts'
import type { EmbeddingAnswer, EmbeddingRequest } from '../../../shared/chat/embeddings.ts'
import type { ChatError } from '../../../shared/chat/error.ts'
import type { ChatEvent, Emit } from '../../../shared/chat/events.ts'
import type { AssistantPart, Dialect, JsonObject } from '../../../shared/chat/parts.ts'
import type { ChatRequest, Message, Parameter, ReasoningWish } from '../../../shared/chat/request.ts'
import type { ReasoningBack } from '../../../shared/config/kinds/providers/spec.ts'
import type { Result } from '../../../shared/result.ts'
import type { CallIdRules } from './common/call-ids.ts'
import type { Place } from './common/places.ts'

/** A flaw in a request, and its place, for example `messages[2].content[0].type`. */
export interface BadRequest {
  readonly path: string
  readonly message: string
  /** The dialect's error code, if it has one. */
  readonly code?: string
}

// ── the caller's side ──────────────────────────────────────────────────────────────────────────────────────────────

/** A dialect that callers speak. */
export interface InboundDialect {
  readonly name: Dialect
  /** The caller's name for each parameter, used in the list of dropped parameters. */
  readonly parameterNames: Readonly<Partial<Record<Parameter, string>>>
  /** `history`: earlier turns, for dialects that refer to them by an id. */
  parseRequest(body: JsonObject, history?: readonly Message[]): Result<ChatRequest, BadRequest>
  printAnswer(answer: ChatAnswer, facts: PrintFacts): string
  openPrinter(facts: PrintFacts): StreamPrinter
  /** What an answer repeats of its request; absent in dialects whose answers repeat nothing. */
  repeats?(request: ChatRequest): Repeated
  /** The framing of streams. Without it a stream is server-sent events, with a comment as keep-alive. */
  readonly framing?: { readonly contentType: string; readonly keepAlive: string }
}

/** What printers need beside the answer. */
export interface PrintFacts {
  readonly requestId: string
  /** Seconds since the epoch. */
  readonly nowSeconds: number
  /** Estimated input tokens, for dialects that report the input before the upstream has counted it. */
  readonly estimatedInput: number
  /** Whether the caller wants usage in a stream, in dialects where that is optional. */
  readonly showUsage: boolean
  readonly asked: AskedFacts
  /** Set when the answer will be stored. */
  readonly stored?: AnswerStore | undefined
}

/** What is kept of a request until its answer is complete. It is small: the conversation is dropped once it is printed. */
export interface AskedFacts extends Repeated {
  readonly legacyFunctions?: boolean | undefined
  readonly groupedTools?: ChatRequest['groupedTools']
  readonly reasoning?: ReasoningWish | undefined
  readonly serviceTier?: string | undefined
}

export interface Repeated {
  /** Members of the body. */
  readonly echo?: JsonObject | undefined
  /** The text that stands before every answer. */
  readonly prompt?: string | undefined
}

export function askedFacts({ repeats }: InboundDialect, request: ChatRequest): AskedFacts {
  const { legacyFunctions, groupedTools, parameters } = request
  const { reasoning, serviceTier } = parameters
  const { echo, prompt } = repeats?.(request) ?? {}
  return { legacyFunctions, groupedTools, reasoning, serviceTier, echo, prompt }
}

export interface AnswerStore {
  /** The id under which the answer is stored. */
  readonly id: string
  /** Takes the answer. */
  take(parts: readonly AssistantPart[]): void
  /** Takes an answer that another process has read, as JSON. */
  takePrinted(parts: Buffer): void
}

export interface StreamPrinter {
  /** The text that the caller is sent for an event; '' for none. The `end` event returns the end of the stream. */
  print(event: ChatEvent): string
  /** The end of a failed stream, in dialects that have more than an error event for it. */
  fail?(code: string, message: string): string
}

// ── the upstream's side ────────────────────────────────────────────────────────────────────────────────────────────

/** A dialect that providers speak. */
export interface UpstreamDialect {
  readonly name: Dialect
  /** Capabilities, native or emulated. A request that needs others is refused before it is printed (`missingOf`). */
  readonly can: ReadonlySet<Capability>
  /** The members of messages and parts that it has a place for, of those that not every dialect has. */
  readonly places?: ReadonlySet<Place> | undefined
  /** The media type of its streams. */
  readonly streamType: string
  /** Fails for a capability that only printing shows to be missing. */
  printRequest(request: ChatRequest, target: TargetTraits): Result<PrintedRequest, MissingCapability>
  /** Reads an answer; undefined when the body is not an answer of this dialect. */
  parseAnswer(body: JsonObject, printed: PrintedFacts): ChatAnswer | undefined
  openParser(printed: PrintedFacts): StreamParser
  /** Reads an error. `errorType` is the header `x-amzn-errortype`, in which AWS names its exceptions. */
  parseError(status: number, body: Buffer, errorType?: string): ChatError
  /** The embeddings of the dialect; undefined when it has none, or uses OpenAI's. */
  readonly embeddings?: EmbeddingUpstream | undefined
}

export interface EmbeddingUpstream {
  printRequest(request: EmbeddingRequest, target: TargetTraits): Result<PrintedRequest, MissingCapability>
  /** Reads an answer; undefined when the body is not an answer of this dialect. */
  parseAnswer(body: JsonObject, printed: PrintedFacts): EmbeddingAnswer | undefined
}

/** The properties of a target that printing depends on. */
export interface TargetTraits {
  /** The model's name at the provider. */
  readonly model: string
  readonly facts: ModelFacts
  readonly quirks: Quirks
  /** The version of Azure's API. */
  readonly apiVersion?: string | undefined
}

export interface PrintedRequest extends PrintedFacts {
  /** Relative to the provider's base URL, with the query string. */
  readonly path: string
  readonly body: string
  /** Complete header lines, each with its CRLF; '' for none. */
  readonly headerLines: string
}

/** What is kept of a printed request to read its answer. */
export interface PrintedFacts {
  /** Parameters that the target cannot take, and members by the caller's names. */
  readonly dropped: readonly Dropped[]
  /** A tool whose input is the text of the answer: it emulates structured output where the target has none. Its name is that
   *  of the neutral request, even where the provider was sent another one (`toolNames`). */
  readonly jsonTool?: string | undefined
  /** The caller's names of tools that take free text, printed as functions with one member `input`. */
  readonly customTools?: ReadonlySet<string> | undefined
  /** Tools that were renamed: the name at the provider → the caller's. */
  readonly toolNames?: ReadonlyMap<string, string> | undefined
  /** The model, for dialects whose answers do not name it. */
  readonly model?: string | undefined
  /** Whether members of the answer that have no neutral name are kept: the caller speaks the dialect, too. */
  readonly keepsMembers?: boolean | undefined
  /** Whether the text refers to the sources of the answer by their numbers. */
  readonly numbersSources?: boolean | undefined
  /** The number of tool calls in the conversation, for dialects whose calls have no ids. */
  readonly callsBefore?: number | undefined
}

export function printedFacts(printed: PrintedRequest): PrintedFacts {
  const { dropped, jsonTool, customTools, toolNames, model, keepsMembers, numbersSources, callsBefore } = printed
  return { dropped, jsonTool, customTools, toolNames, model, keepsMembers, numbersSources, callsBefore }
}

export type Dropped = { readonly parameter: Parameter } | { readonly member: string }

export type { ReasoningBack }

/** How a host differs from the vendor of the dialect that it speaks. */
export interface Quirks {
  /** The name of the limit on output tokens in OpenAI's dialect. */
  readonly maxTokensName?: 'max_tokens' | 'max_completion_tokens' | undefined
  /** The name of the seed in OpenAI's dialect. Default: `seed`. */
  readonly seedName?: 'random_seed' | undefined
  /** Whether streams tell their usage without being asked, and the host refuses to be asked. */
  readonly usageUnasked?: boolean | undefined
  /** Whether the host refuses a turn of the user behind tool results, and takes a final turn of the model only as a prefix. */
  readonly strictTurns?: boolean | undefined
  /** Parameters that the host refuses. */
  readonly drops?: ReadonlySet<Parameter> | undefined
  /** Whether the host refuses `developer` messages. */
  readonly systemOnly?: boolean | undefined
  /** Whether system messages must be one, before all others: 'always', or where a request is translated. */
  readonly systemFirst?: 'always' | 'translated' | undefined
  /** Whether the host takes system messages between the turns, for models that do. */
  readonly systemTurns?: boolean | undefined
  /** Whether the host accepts `cache_control`. */
  readonly cacheMarkers?: boolean | undefined
  /** Whether the host accepts tools that take free text. Others are sent functions with one member `input` in their place. */
  readonly customTools?: boolean | undefined
  /** Which ids of tool calls the host accepts. Default: OpenAI's rules. */
  readonly callIds?: CallIdRules | undefined
  /** Whether the host accepts Google's thought signatures (`extra_content.google`). */
  readonly thoughtSignatures?: boolean | undefined
  /** The member in which the host wants the reasoning of earlier turns. Default: by the model (`reasoningBackOf`). */
  readonly reasoningBack?: ReasoningBack | undefined
  /** Whether the cost that the host states in its answers is what it charges. */
  readonly statesCost?: boolean | undefined
  /** How the host is asked for reasoning. Default: `reasoning_effort`. 'thinking': that, and an object `thinking` that turns reasoning
   *  on and off. */
  readonly reasoningForm?: 'reasoning' | 'thinking' | undefined
  /** Whether texts refer to the sources of the answer by their numbers: `[1]`. */
  readonly numbersSources?: boolean | undefined
  /** Whether embeddings differ from the dialect's: then they are translated even for callers of the same dialect. */
  readonly ownEmbeddings?: boolean | undefined
  /** Whether answers need repair: then nothing passes through, even for callers of the same dialect. */
  readonly repairs?: boolean | undefined
}

export interface StreamParser {
  /** 'broken' when the bytes cannot be a stream of this dialect. Chunks may be cut anywhere; bytes are valid only
   *  during the call. */
  push(bytes: Buffer, emit: Emit): 'ok' | 'broken'
  /** Called for a token. Without one the number of events is bounded. */
  progressed(): void
  /** Called when the connection has ended. Emits what is still missing: `end`, or `upstream-cut`. */
  end(emit: Emit): void
}

/** Reads the events of one dialect; the framing is shared. */
export interface EventReader {
  /** `value` is the data of one event. */
  read(value: JsonObject, emit: Emit): void
  /** Called for `data: [DONE]`. */
  done(emit: Emit): void
  end(emit: Emit): void
}
