// Provider-neutral parts of messages. A part that only one provider understands is kept as `opaque` in that provider's
// format, so that nothing is dropped silently: a dialect that cannot print it rejects the request and names it.

/** A wire format, on either side of the gateway. Each has a folder in `nodes/proxy/dialects`. */
export type Dialect =
  | 'openai-chat'
  | 'openai-completions'
  | 'openai-responses'
  | 'openai-embeddings'
  | 'openai-moderations'
  | 'openai-images'
  | 'openai-image-edits'
  | 'openai-speech'
  | 'openai-transcriptions'
  | 'openai-realtime'
  | 'openai-files'
  | 'openai-batches'
  | 'rerank'
  | 'anthropic'
  | 'gemini'
  | 'bedrock'
  | 'cohere'

/** A parsed JSON value. For numbers that a double cannot hold see `shared/json/exact.ts`. */
export type Json = unknown
export type JsonObject = Readonly<Record<string, unknown>>

/** Ends a stretch that the provider keeps in its prompt cache for this long. */
export type CacheMarker = '5m' | '1h'

/** The model family that can read a signature or encrypted reasoning. Claude's are the same on every cloud. */
export type Family = 'anthropic' | 'openai' | 'google' | 'xai' | 'other'

/** Bytes that only the family's models can read: passed on unchanged, and only to that family. */
export interface Sealed {
  readonly family: Family
  readonly data: string
  /** The part that a signature belongs to, while it stands in a reasoning part of its own
   *  (`dialects/common/carried-signatures.ts`). */
  readonly signs?: SignedPart | undefined
}

/** The call with the id, the text before, or an empty text in this place. */
export type SignedPart = { readonly call: string } | 'text' | 'empty text'

export type Media =
  | { readonly from: 'bytes'; readonly base64: string; readonly mediaType: string }
  | { readonly from: 'url'; readonly url: string; readonly mediaType?: string | undefined }
  /** A file that is stored at the provider. */
  | { readonly from: 'file'; readonly id: string; readonly mediaType?: string | undefined }
  /** A plain-text document. */
  | { readonly from: 'text'; readonly text: string; readonly mediaType?: string | undefined }

export interface TextPart {
  readonly type: 'text'
  readonly text: string
  readonly citations?: readonly Citation[] | undefined
  /** Google's models sign text and media parts, too. */
  readonly signature?: Sealed | undefined
  readonly cache?: CacheMarker | undefined
}

export interface MediaPart {
  readonly type: 'image' | 'audio' | 'video' | 'file'
  readonly media: Media
  readonly detail?: string | undefined
  /** The name of the file. */
  readonly name?: string | undefined
  /** Context of a document beside its text. */
  readonly context?: string | undefined
  /** Whether the answer may cite the document. */
  readonly citable?: boolean | undefined
  /** The text of audio that a model made. */
  readonly transcript?: string | undefined
  readonly signature?: Sealed | undefined
  readonly cache?: CacheMarker | undefined
}

export interface ToolCallPart {
  readonly type: 'tool-call'
  readonly id: string
  readonly name: string
  /** The input as the model wrote it: JSON text for a function, free text for a custom tool. It may be truncated, and
   *  is never repaired. */
  readonly input: string
  readonly form: ToolForm
  readonly signature?: Sealed | undefined
  readonly cache?: CacheMarker | undefined
}

export type ToolForm = 'function' | 'custom'

export interface ToolResultPart {
  readonly type: 'tool-result'
  readonly callId: string
  /** The name of the tool, in dialects that repeat it. */
  readonly name?: string | undefined
  readonly parts: readonly (TextPart | MediaPart | OpaquePart)[]
  readonly isError?: boolean | undefined
  readonly cache?: CacheMarker | undefined
}

export interface ReasoningPart {
  readonly type: 'reasoning'
  /** '' when the provider hides the reasoning. */
  readonly text: string
  /** The provider's id of the part, if it has one. */
  readonly id?: string | undefined
  /** Proves to the provider that `text` is unchanged. */
  readonly signature?: Sealed | undefined
  /** The reasoning in encrypted form, for the provider only. */
  readonly encrypted?: Sealed | undefined
}

/** A model's own explanation of why it declines. */
export interface RefusalPart {
  readonly type: 'refusal'
  readonly text: string
}

export interface OpaquePart {
  readonly type: 'opaque'
  readonly dialect: Dialect
  readonly value: JsonObject
}

/** A source of an answer. Offsets count UTF-16 units of the text part that holds the citation. */
export interface Citation {
  readonly url?: string | undefined
  readonly title?: string | undefined
  readonly fileId?: string | undefined
  /** The cited passage of the source. */
  readonly citedText?: string | undefined
  readonly start?: number | undefined
  readonly end?: number | undefined
  /** The complete citation in the format of its provider. */
  readonly raw?: { readonly dialect: Dialect; readonly value: JsonObject } | undefined
}

export type UserPart = TextPart | MediaPart | ToolResultPart | OpaquePart
export type AssistantPart = TextPart | MediaPart | ToolCallPart | ReasoningPart | RefusalPart | OpaquePart
