// Embeddings for an upstream of another dialect. Nothing here depends on where it runs.

import type { EmbeddingRequest } from '../../../shared/chat/embeddings.ts'
import { tokensOfBytes } from '../../../shared/chat/estimate.ts'
import type { JsonObject } from '../../../shared/chat/parts.ts'
import { done, fail, type Result } from '../../../shared/result.ts'
import type { PrintedRequest, TargetTraits, UpstreamDialect } from '../dialects/dialect.ts'
import type { EmbeddingFacts, EmbeddingInbound } from '../dialects/embedding-dialect.ts'
import type { Ineligible } from '../errors/gateway-error.ts'
import { nameOfDropped, traitsOf } from './translate-request.ts'

export interface EmbeddedRequest {
  readonly printed: PrintedRequest
  readonly dropped: readonly string[]
  readonly asked: EmbeddingFacts
}

export interface UnreadEmbeddings {
  /** The name of the operation. */
  readonly route: string
  readonly inbound: EmbeddingInbound | undefined
  readonly body: JsonObject
}

export function embedRequest(
  { route, inbound, body }: UnreadEmbeddings,
  target: TargetTraits & { readonly dialect: UpstreamDialect },
  strict: boolean,
): Result<EmbeddedRequest, Ineligible> {
  const { embeddings: upstream } = target.dialect
  if (upstream === undefined || inbound === undefined) return fail({ type: 'unspoken', route })
  const read = inbound.parseRequest(body)
  if (!read.ok) return fail({ type: 'unreadable', ...read.error })
  const printed = upstream.printRequest(read.value, traitsOf(target))
  if (!printed.ok) return fail({ type: 'missing-capability', ...printed.error })
  const dropped = printed.value.dropped.map(nameOfDropped)
  if (strict && dropped.length > 0) return fail({ type: 'unsupported-params', params: dropped })
  return done({ printed: printed.value, dropped, asked: factsOf(read.value) })
}

function factsOf({ encoding, inputs }: EmbeddingRequest): EmbeddingFacts {
  let estimatedInput = 0
  for (const input of inputs)
    estimatedInput += input.type === 'tokens' ? input.tokens.length : tokensOfBytes(Buffer.byteLength(input.text), '')
  return { encoding, inputs: inputs.length, estimatedInput }
}
