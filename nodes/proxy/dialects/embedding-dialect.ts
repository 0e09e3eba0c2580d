// The two sides of embeddings, pure like those of chat.

import type { EmbeddingAnswer, EmbeddingRequest } from '../../../shared/chat/embeddings.ts'
import type { JsonObject } from '../../../shared/chat/parts.ts'
import type { Result } from '../../../shared/result.ts'
import type { BadRequest, EmbeddingUpstream, PrintedRequest, UpstreamDialect } from './dialect.ts'

export interface EmbeddingInbound {
  parseRequest(body: JsonObject): Result<EmbeddingRequest, BadRequest>
  printAnswer(answer: EmbeddingAnswer, request: EmbeddingRequest): string
}

/** One request on its way to one target. */
export interface EmbeddingTranslation {
  readonly inbound: EmbeddingInbound
  readonly upstream: EmbeddingUpstream
  /** Whose errors are read. */
  readonly dialect: UpstreamDialect
  readonly request: EmbeddingRequest
  readonly printed: PrintedRequest
  /** In the caller's words. */
  readonly dropped: readonly string[]
}
