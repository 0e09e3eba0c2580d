// Input texts for upstreams that cannot embed tokens.
import type { MissingCapability } from '../../../../shared/chat/capabilities.ts'
import type { EmbeddingRequest } from '../../../../shared/chat/embeddings.ts'
import { done, fail, type Result } from '../../../../shared/result.ts'

export function textsOf({ inputs }: EmbeddingRequest): Result<string[], MissingCapability> {
  const texts: string[] = []
  for (const input of inputs) {
    if (input.type === 'tokens') return fail({ capability: 'tokens as input', what: 'input' })
    texts.push(input.text)
  }
  return done(texts)
}
