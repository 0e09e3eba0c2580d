// Provider-neutral types of embeddings.
import type { Dialect, Json } from './parts.ts'

export interface EmbeddingRequest {
  readonly model: string
  readonly inputs: readonly EmbeddingInput[]
  readonly dimensions?: number | undefined
  readonly encoding: 'float' | 'base64'
  readonly user?: string | undefined
  /** What the vectors are for, by Cohere's or Google's name: 'search_query', 'RETRIEVAL_DOCUMENT' … */
  readonly purpose?: string | undefined
  readonly dialect: Dialect
  readonly extras: Readonly<Record<string, Json>>
}

export type EmbeddingInput =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'tokens'; readonly tokens: readonly number[] }

export interface EmbeddingAnswer {
  readonly model: string
  /** One vector per input, in the order of the inputs. */
  readonly vectors: readonly (readonly number[])[]
  readonly inputTokens?: number | undefined
}
