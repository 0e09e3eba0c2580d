// What embeddings are made of: input texts, for upstreams that cannot embed tokens, and their purpose.
import type { MissingCapability } from '../../../../shared/chat/capabilities.ts'
import type { EmbeddingRequest } from '../../../../shared/chat/embeddings.ts'
import type { Json } from '../../../../shared/chat/parts.ts'
import { done, fail, type Result } from '../../../../shared/result.ts'
import type { BodyReader } from './body-reader.ts'

/** What vectors are for is a word, which some upstreams are told with each text. */
const purposeCharactersMax = 64

export function readPurpose(reader: BodyReader, value: Json, path: string): string | undefined {
  const purpose = reader.maybeText(value, path)
  if (purpose !== undefined && purpose.length > purposeCharactersMax)
    reader.wrong(path, `must have at most ${purposeCharactersMax} characters`)
  return purpose
}

export function textsOf({ inputs }: EmbeddingRequest): Result<string[], MissingCapability> {
  const texts: string[] = []
  for (const input of inputs) {
    if (input.type === 'tokens') return fail({ capability: 'tokens as input', what: 'input' })
    texts.push(input.text)
  }
  return done(texts)
}
