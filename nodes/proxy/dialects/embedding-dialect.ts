// The two sides of embeddings. Like those of chat, they are pure.

import type { EmbeddingAnswer, EmbeddingRequest } from '../../../shared/chat/embeddings.ts'
import type { JsonObject } from '../../../shared/chat/parts.ts'
import type { Result } from '../../../shared/result.ts'
import type { BadRequest, EmbeddingUpstream, PrintedRequest, UpstreamDialect } from './dialect.ts'

export interface EmbeddingInbound {
  parseRequest(body: JsonObject): Result<EmbeddingRequest, BadRequest>
  printAnswer(answer: EmbeddingAnswer, request: EmbeddingRequest): string
}

/** The translation of one request for one target. */
export interface EmbeddingTranslation {
  readonly inbound: EmbeddingInbound
  readonly upstream: EmbeddingUpstream
  /** The dialect that parses the target's errors. */
  readonly dialect: UpstreamDialect
  readonly request: EmbeddingRequest
  readonly printed: PrintedRequest
  /** Dropped parameters, by the caller's names. */
  readonly dropped: readonly string[]
}
