// The two sides of embeddings, pure like those of chat.
import type { MissingCapability } from '../../../shared/chat/capabilities.ts'
import type { EmbeddingAnswer, EmbeddingRequest } from '../../../shared/chat/embeddings.ts'
import type { JsonObject } from '../../../shared/chat/parts.ts'
import type { Result } from '../../../shared/result.ts'
import type { BadRequest, PrintedRequest, TargetTraits, UpstreamDialect } from './dialect.ts'

export interface EmbeddingInbound {
  parseRequest(body: JsonObject): Result<EmbeddingRequest, BadRequest>
  printAnswer(answer: EmbeddingAnswer, request: EmbeddingRequest): string
}

export interface EmbeddingUpstream {
  printRequest(request: EmbeddingRequest, target: TargetTraits): Result<PrintedRequest, MissingCapability>
  /** Undefined: it is no answer of this dialect. */
  parseAnswer(body: JsonObject, printed: PrintedRequest): EmbeddingAnswer | undefined
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
