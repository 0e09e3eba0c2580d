// Gemini's embedContent and batchEmbedContents: prints the requests for an upstream.
import type { MissingCapability } from '../../../../shared/chat/capabilities.ts'
import type { EmbeddingAnswer, EmbeddingRequest } from '../../../../shared/chat/embeddings.ts'
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import { done, type Result } from '../../../../shared/result.ts'
import { isObject } from '../common/body-reader.ts'
import { textsOf } from '../common/embedding-texts.ts'
import type { EmbeddingUpstream, PrintedFacts, PrintedRequest, TargetTraits } from '../dialect.ts'
import { readGeminiUsage } from './usage.ts'

export const geminiEmbeddingsUpstream: EmbeddingUpstream = { printRequest, parseAnswer }

function printRequest(request: EmbeddingRequest, { model }: TargetTraits): Result<PrintedRequest, MissingCapability> {
  const texts = textsOf(request)
  if (!texts.ok) return texts
  const { dimensions, dialect, extras } = request
  const name = model.includes('/') ? model : `models/${model}`
  const common = { taskType: taskTypeOf(request.purpose), outputDimensionality: dimensions }
  const own = dialect === 'gemini' ? extras : {}
  const requests = texts.value.map((text) => ({ model: name, content: { parts: [{ text }] }, ...common, ...own }))
  const [only] = requests
  const isOne = requests.length === 1
  return done({
    path: `/models/${encodeURIComponent(model)}:${isOne ? 'embedContent' : 'batchEmbedContents'}`,
    body: JSON.stringify(isOne ? only : { requests }),
    headerLines: '',
    dropped: droppedOf(request),
    model,
  })
}

/** Reads an answer; undefined unless it has one vector of numbers per text. */
function parseAnswer(body: JsonObject, { model = '' }: PrintedFacts): EmbeddingAnswer | undefined {
  const list = body['embeddings'] ?? [body['embedding']]
  if (!Array.isArray(list)) return undefined
  const vectors = list.map((one: Json) => (isObject(one) ? one['values'] : undefined))
  if (!vectors.every((vector): vector is number[] => Array.isArray(vector))) return undefined
  return { model, vectors, inputTokens: readGeminiUsage(body['usageMetadata'])?.input }
}

export function droppedOf({ user, dialect, extras }: EmbeddingRequest): { readonly member: string }[] {
  const foreign = dialect === 'gemini' ? [] : Object.keys(extras)
  return [...(user === undefined ? [] : ['user']), ...foreign].map((member) => ({ member }))
}

/** Google's names for the purposes that Cohere and Voyage name. */
const taskTypes: Readonly<Record<string, string>> = {
  query: 'RETRIEVAL_QUERY',
  document: 'RETRIEVAL_DOCUMENT',
  search_query: 'RETRIEVAL_QUERY',
  search_document: 'RETRIEVAL_DOCUMENT',
  classification: 'CLASSIFICATION',
  clustering: 'CLUSTERING',
}

export function taskTypeOf(purpose: string | undefined): string | undefined {
  return purpose === undefined ? undefined : (taskTypes[purpose] ?? purpose)
}
