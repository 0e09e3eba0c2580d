// The two sides of embeddings. Like those of chat, they are pure.

import type { EmbeddingAnswer, EmbeddingRequest } from '../../../shared/chat/embeddings.ts'
import type { JsonObject } from '../../../shared/chat/parts.ts'
import type { Result } from '../../../shared/result.ts'
import type { BadRequest, EmbeddingUpstream, PrintedFacts, UpstreamDialect } from './dialect.ts'

export interface EmbeddingInbound {
  parseRequest(body: JsonObject): Result<EmbeddingRequest, BadRequest>
  printAnswer(answer: EmbeddingAnswer, asked: Pick<EmbeddingFacts, 'encoding'>): string
}

/** What is kept of a request until its answer is complete. */
export interface EmbeddingFacts {
  readonly encoding: EmbeddingRequest['encoding']
  /** The number of texts, each of which gets a vector. */
  readonly inputs: number
  readonly estimatedInput: number
}

/** How the answer of one target is read. */
export interface EmbeddingTranslation {
  readonly inbound: EmbeddingInbound
  readonly upstream: EmbeddingUpstream
  /** The dialect that parses the target's errors. */
  readonly dialect: UpstreamDialect
  readonly asked: EmbeddingFacts
  readonly printed: PrintedFacts
}
