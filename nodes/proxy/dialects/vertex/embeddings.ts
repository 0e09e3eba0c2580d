// Embeddings of Vertex AI: predictions, with one instance per text.
import type { MissingCapability } from '../../../../shared/chat/capabilities.ts'
import type { EmbeddingAnswer, EmbeddingRequest } from '../../../../shared/chat/embeddings.ts'
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import { tokenCount } from '../../../../shared/chat/usage.ts'
import { done, type Result } from '../../../../shared/result.ts'
import { isObject } from '../common/body-reader.ts'
import { textsOf } from '../common/embedding-texts.ts'
import type { EmbeddingUpstream, PrintedFacts, PrintedRequest, TargetTraits } from '../dialect.ts'
import { droppedOf, taskTypeOf } from '../gemini/print-embeddings.ts'

export const vertexEmbeddingsUpstream: EmbeddingUpstream = { printRequest, parseAnswer }

function printRequest(request: EmbeddingRequest, { model }: TargetTraits): Result<PrintedRequest, MissingCapability> {
  const texts = textsOf(request)
  if (!texts.ok) return texts
  const { dimensions, dialect, extras } = request
  const title = dialect === 'gemini' ? extras['title'] : undefined
  const task_type = taskTypeOf(request.purpose)
  return done({
    path: `/models/${encodeURIComponent(model)}:predict`,
    body: JSON.stringify({
      instances: texts.value.map((content) => ({ content, task_type, title })),
      parameters: dimensions === undefined ? undefined : { outputDimensionality: dimensions },
    }),
    headerLines: '',
    dropped: droppedOf(request),
    model,
  })
}

function parseAnswer({ predictions }: JsonObject, { model = '' }: PrintedFacts): EmbeddingAnswer | undefined {
  if (!Array.isArray(predictions)) return undefined
  const embedded = predictions.map((one: Json) =>
    isObject(one) && isObject(one['embeddings']) ? one['embeddings'] : {},
  )
  const vectors = embedded.map(({ values }) => values)
  if (!vectors.every((vector): vector is number[] => Array.isArray(vector))) return undefined
  const counts = embedded.map(({ statistics }) =>
    isObject(statistics) ? tokenCount(statistics['token_count']) : undefined,
  )
  const inputTokens = counts.includes(undefined)
    ? undefined
    : counts.reduce<number>((sum, count) => sum + (count ?? 0), 0)
  return { model, vectors, inputTokens }
}
