// The two sides of a dialect, as the proxy sees them. All of it is pure: bodies and bytes in, values and text out. Files of
// one dialect are `<dialect>-request.ts`, `-response.ts`, `-stream.ts` and `-error.ts`, each for one noun in both directions.
import type { ChatAnswer } from '../../../shared/chat/answer.ts'
import type { Capability, MissingCapability, ModelFacts } from '../../../shared/chat/capabilities.ts'
import type { EmbeddingAnswer, EmbeddingRequest } from '../../../shared/chat/embeddings.ts'
import type { ChatError } from '../../../shared/chat/error.ts'
import type { ChatEvent, Emit } from '../../../shared/chat/events.ts'
import type { AssistantPart, Dialect, Json, JsonObject } from '../../../shared/chat/parts.ts'
import type { ChatRequest, Message, Parameter } from '../../../shared/chat/request.ts'
import type { Result } from '../../../shared/result.ts'

/** What is wrong with a request, and where: `messages[2].content[0].type`. */
export interface BadRequest {
  readonly path: string
  readonly message: string
  /** Where the dialect has a name for it. */
  readonly code?: string
}

// ── the caller's side ──────────────────────────────────────────────────────────────────────────────────────────────

/** How callers speak. */
export interface InboundDialect {
  readonly name: Dialect
  /** What the caller calls each parameter, for the list of those that were dropped. */
  readonly parameterNames: Readonly<Partial<Record<Parameter, string>>>
  /** `history`: turns that were said before, where the dialect has a name for them. */
  parseRequest(body: JsonObject, history?: readonly Message[]): Result<ChatRequest, BadRequest>
  printAnswer(answer: ChatAnswer, facts: PrintFacts): string
  openPrinter(facts: PrintFacts): StreamPrinter
  /** Undefined: server-sent events, with a comment as a sign of life. */
  readonly framing?: { readonly contentType: string; readonly keepAlive: string }
}

/** What an answer says of itself that is not in it. */
export interface PrintFacts {
  readonly requestId: string
  /** Seconds since the epoch. */
  readonly nowSeconds: number
  /** For dialects that tell the input before the upstream has counted it. */
  readonly estimatedInput: number
  /** Whether the caller wants usage in a stream, where the dialect leaves that to the caller. */
  readonly showUsage: boolean
  readonly request: ChatRequest
  /** The answer will be stored. */
  readonly stored?: AnswerStore | undefined
}

export interface AnswerStore {
  /** Of the answer, for those who come back to it. */
  readonly id: string
  /** What was said, and the input that it answers. */
  take(parts: readonly AssistantPart[], input: Json): void
}

export interface StreamPrinter {
  /** What the caller is sent for an event; '' for nothing. `end` gives what ends the stream. */
  print(event: ChatEvent): string
  /** What ends a stream that failed, where that tells more than an error alone. */
  fail?(code: string, message: string): string
}

// ── the upstream's side ────────────────────────────────────────────────────────────────────────────────────────────

/** How providers speak. */
export interface UpstreamDialect {
  readonly name: Dialect
  /** What it can say, native or emulated. Needs beyond it are refused before anything is printed (`missingOf`). */
  readonly can: ReadonlySet<Capability>
  /** The media type of its streams. */
  readonly streamType: string
  /** Refuses what only a close look shows. */
  printRequest(request: ChatRequest, target: TargetTraits): Result<PrintedRequest, MissingCapability>
  /** Undefined: it is no answer of this dialect. */
  parseAnswer(body: JsonObject, printed: PrintedRequest): ChatAnswer | undefined
  openParser(printed: PrintedRequest): StreamParser
  parseError(status: number, body: Buffer): ChatError
  /** Undefined: it has none, or is given them as OpenAI writes them. */
  readonly embeddings?: EmbeddingUpstream | undefined
}

export interface EmbeddingUpstream {
  printRequest(request: EmbeddingRequest, target: TargetTraits): Result<PrintedRequest, MissingCapability>
  /** Undefined: it is no answer of this dialect. */
  parseAnswer(body: JsonObject, printed: PrintedRequest): EmbeddingAnswer | undefined
}

/** Where a request goes, as far as its words depend on it. */
export interface TargetTraits {
  /** The model's name at the provider. */
  readonly model: string
  readonly facts: ModelFacts
  readonly quirks: Quirks
  /** Azure's version of its API. */
  readonly apiVersion?: string | undefined
}

export interface PrintedRequest {
  /** Behind the provider's base path, with its query. */
  readonly path: string
  readonly body: string
  /** Complete header lines, each with its CRLF; '' for none. */
  readonly headerLines: string
  /** parameters that the target cannot take, and members in the caller's own words. */
  readonly dropped: readonly Dropped[]
  /** The input of a call of this tool is the answer's text: how a schema is kept where there is no native form for it. */
  readonly jsonTool?: string | undefined
  /** Tools that take free text, printed as functions with one member `input`. */
  readonly customTools?: ReadonlySet<string> | undefined
  /** Tools that had to be named otherwise: the name there → the caller's. */
  readonly toolNames?: ReadonlyMap<string, string> | undefined
  /** Where answers do not name their model. */
  readonly model?: string | undefined
  /** Calls in the conversation so far, where answers do not tell their calls apart. */
  readonly callsBefore?: number | undefined
}

export type Dropped = { readonly parameter: Parameter } | { readonly member: string }

/** How a host that speaks a dialect differs from those who made it. */
export interface Quirks {
  /** The name of the cap on output tokens in OpenAI's dialect. */
  readonly maxTokensName?: 'max_tokens' | 'max_completion_tokens' | undefined
  /** parameters that the host refuses. */
  readonly drops?: ReadonlySet<Parameter> | undefined
  /** Takes no `developer` messages. */
  readonly systemOnly?: boolean | undefined
  /** Takes `cache_control`. */
  readonly cacheMarkers?: boolean | undefined
  /** Knows Google's thought signatures (`extra_content.google`). */
  readonly thoughtSignatures?: boolean | undefined
  /** Wants its thoughts back, as `reasoning_content`. */
  readonly reasoningBack?: boolean | undefined
  /** Embeds otherwise than its dialect says: embeddings are printed anew even for callers of the same. */
  readonly ownEmbeddings?: boolean | undefined
  /** Answers have to be repaired on their way: no pass-through even for callers of the same dialect. */
  readonly repairs?: boolean | undefined
}

export interface StreamParser {
  /** 'broken': the bytes cannot be such a stream. Bytes may be cut anywhere, and are valid during the call. */
  push(bytes: Buffer, emit: Emit): 'ok' | 'broken'
  /** The connection has ended: emits what is still owed, `end` or `upstream-cut` if neither came. */
  end(emit: Emit): void
}

/** What a dialect's stream file brings where the framing is shared. */
export interface EventReader {
  /** One event with its data as JSON. */
  read(value: JsonObject, emit: Emit): void
  /** `data: [DONE]` */
  done(emit: Emit): void
  end(emit: Emit): void
}
