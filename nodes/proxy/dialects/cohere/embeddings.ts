// Cohere's embeddings, for upstreams.
import type { MissingCapability } from '../../../../shared/chat/capabilities.ts'
import type { EmbeddingAnswer, EmbeddingRequest } from '../../../../shared/chat/embeddings.ts'
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import { tokenCount } from '../../../../shared/chat/usage.ts'
import { done, type Result } from '../../../../shared/result.ts'
import { isObject } from '../common/body-reader.ts'
import { textsOf } from '../common/embedding-texts.ts'
import type { EmbeddingUpstream, PrintedFacts, PrintedRequest, TargetTraits } from '../dialect.ts'

export const cohereEmbeddingsUpstream: EmbeddingUpstream = { printRequest, parseAnswer }

/** Cohere's own members, which have no neutral name. */
const ownMembers: ReadonlySet<string> = new Set(['truncate', 'max_tokens', 'priority'])

function printRequest(request: EmbeddingRequest, { model }: TargetTraits): Result<PrintedRequest, MissingCapability> {
  const members = embedMembers(request)
  if (!members.ok) return members
  return done({
    path: '/embed',
    body: JSON.stringify({ model, ...members.value }),
    headerLines: '',
    dropped: droppedOf(request),
    model,
  })
}

/** The members that say what to embed and how, wherever the model is hosted. */
export function embedMembers(request: EmbeddingRequest): Result<JsonObject, MissingCapability> {
  const texts = textsOf(request)
  if (!texts.ok) return texts
  const own = Object.entries(request.extras).filter(([name]) => ownMembers.has(name))
  return done({
    texts: texts.value,
    input_type: inputTypeOf(request.purpose),
    embedding_types: ['float'],
    output_dimension: request.dimensions,
    ...Object.fromEntries(own),
  })
}

export function droppedOf({ user, extras }: EmbeddingRequest): { readonly member: string }[] {
  const foreign = Object.keys(extras).filter((name) => !ownMembers.has(name))
  return [...(user === undefined ? [] : ['user']), ...foreign].map((member) => ({ member }))
}

/** Cohere's names for the purposes that Google and Voyage name. Cohere requires one; the default is that of stored
 *  texts. */
const inputTypes: Readonly<Record<string, string>> = {
  RETRIEVAL_QUERY: 'search_query',
  RETRIEVAL_DOCUMENT: 'search_document',
  CLASSIFICATION: 'classification',
  CLUSTERING: 'clustering',
  query: 'search_query',
  document: 'search_document',
}

function inputTypeOf(purpose: string | undefined): string {
  return purpose === undefined ? 'search_document' : (inputTypes[purpose] ?? purpose)
}

function parseAnswer(body: JsonObject, { model = '' }: PrintedFacts): EmbeddingAnswer | undefined {
  const vectors = vectorsIn(body['embeddings'])
  if (vectors === undefined) return undefined
  const billed = isObject(body['meta']) ? body['meta']['billed_units'] : undefined
  return { model, vectors, inputTokens: isObject(billed) ? tokenCount(billed['input_tokens']) : undefined }
}

/** Vectors stand under their type, or directly in `embeddings` in version 1 of the API. */
export function vectorsIn(embeddings: Json): number[][] | undefined {
  const vectors = isObject(embeddings) ? embeddings['float'] : embeddings
  if (!Array.isArray(vectors)) return undefined
  return vectors.every((vector): vector is number[] => Array.isArray(vector)) ? vectors : undefined
}
