// What messages are made of, in no provider's words. A part that only one provider understands travels as `opaque` in that
// provider's own words, so that nothing has to be dropped in silence: whoever cannot say it, refuses it by name.

/** Names a way of speaking, on either side of the gateway. The files of a dialect begin with it. */
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

/** A parsed JSON value. Numbers that a double cannot hold are what `shared/json/exact.ts` makes of them. */
export type Json = unknown
export type JsonObject = Readonly<Record<string, unknown>>

/** Ends a stretch that the provider shall keep in its prompt cache; the value is how long. */
export type CacheMarker = '5m' | '1h'

/** Whose model can read a signature or an encrypted thought. Claude's are the same on every cloud. */
export type Family = 'anthropic' | 'openai' | 'google' | 'other'

/** Bytes that only their maker can read: carried exactly, and given back to no other family. */
export interface Sealed {
  readonly family: Family
  readonly data: string
}

export type Media =
  | { readonly from: 'bytes'; readonly base64: string; readonly mediaType: string }
  | { readonly from: 'url'; readonly url: string; readonly mediaType?: string | undefined }
  /** A file that lies with the provider. */
  | { readonly from: 'file'; readonly id: string; readonly mediaType?: string | undefined }
  /** A document that is plain text. */
  | { readonly from: 'text'; readonly text: string; readonly mediaType?: string | undefined }

export interface TextPart {
  readonly type: 'text'
  readonly text: string
  readonly citations?: readonly Citation[] | undefined
  /** Google's models sign parts that are not thoughts, too. */
  readonly signature?: Sealed | undefined
  readonly cache?: CacheMarker | undefined
}

export interface MediaPart {
  readonly type: 'image' | 'audio' | 'video' | 'file'
  readonly media: Media
  readonly detail?: string | undefined
  /** The file's name. */
  readonly name?: string | undefined
  /** Of a document: what it is about, besides its text. */
  readonly context?: string | undefined
  /** Of a document: whether the answer shall cite it. */
  readonly citable?: boolean | undefined
  /** What is said in audio that a model made. */
  readonly transcript?: string | undefined
  readonly signature?: Sealed | undefined
  readonly cache?: CacheMarker | undefined
}

export interface ToolCallPart {
  readonly type: 'tool-call'
  readonly id: string
  readonly name: string
  /** As the model wrote it: JSON text for a function, free text for a custom tool; perhaps cut off, never repaired. */
  readonly input: string
  readonly form: ToolForm
  readonly signature?: Sealed | undefined
  readonly cache?: CacheMarker | undefined
}

export type ToolForm = 'function' | 'custom'

export interface ToolResultPart {
  readonly type: 'tool-result'
  readonly callId: string
  /** Some dialects name the tool again. */
  readonly name?: string | undefined
  readonly parts: readonly (TextPart | MediaPart | OpaquePart)[]
  readonly isError?: boolean | undefined
  readonly cache?: CacheMarker | undefined
}

export interface ReasoningPart {
  readonly type: 'reasoning'
  /** '' where the provider hides it. */
  readonly text: string
  /** The provider's name of it, where it has one. */
  readonly id?: string | undefined
  /** Proves to its maker that `text` is unchanged. */
  readonly signature?: Sealed | undefined
  /** The thought itself, for its maker alone. */
  readonly encrypted?: Sealed | undefined
}

/** The model's own words for declining. */
export interface RefusalPart {
  readonly type: 'refusal'
  readonly text: string
}

export interface OpaquePart {
  readonly type: 'opaque'
  readonly dialect: Dialect
  readonly value: JsonObject
}

/** What an answer leans on. Offsets count UTF-16 units of the text part that it belongs to. */
export interface Citation {
  readonly url?: string | undefined
  readonly title?: string | undefined
  readonly fileId?: string | undefined
  /** The passage in the source. */
  readonly citedText?: string | undefined
  readonly start?: number | undefined
  readonly end?: number | undefined
  /** All of it, in the words of who made it. */
  readonly raw?: { readonly dialect: Dialect; readonly value: JsonObject } | undefined
}

export type UserPart = TextPart | MediaPart | ToolResultPart | OpaquePart
export type AssistantPart = TextPart | MediaPart | ToolCallPart | ReasoningPart | RefusalPart | OpaquePart
