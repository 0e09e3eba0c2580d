// Embeddings on Bedrock by InvokeModel. Each model vendor has its own request format there.
import type { MissingCapability } from '../../../../shared/chat/capabilities.ts'
import type { EmbeddingAnswer, EmbeddingRequest } from '../../../../shared/chat/embeddings.ts'
import type { JsonObject } from '../../../../shared/chat/parts.ts'
import { tokenCount } from '../../../../shared/chat/usage.ts'
import { done, fail, type Result } from '../../../../shared/result.ts'
import { droppedOf, embedMembers, vectorsIn } from '../cohere/embeddings.ts'
import { textsOf } from '../common/embedding-texts.ts'
import type { Dropped, EmbeddingUpstream, PrintedFacts, PrintedRequest, TargetTraits } from '../dialect.ts'

export const bedrockEmbeddingsUpstream: EmbeddingUpstream = { printRequest, parseAnswer }

interface Printed {
  readonly body: JsonObject
  readonly dropped: readonly Dropped[]
}

function printRequest(request: EmbeddingRequest, { model }: TargetTraits): Result<PrintedRequest, MissingCapability> {
  const printed = printFor(request, model)
  if (!printed.ok) return printed
  const { body, dropped } = printed.value
  return done({
    path: `/model/${encodeURIComponent(model)}/invoke`,
    body: JSON.stringify(body),
    headerLines: 'accept: application/json\r\n',
    dropped,
    model,
  })
}

function printFor(request: EmbeddingRequest, model: string): Result<Printed, MissingCapability> {
  if (/cohere\.embed/.test(model)) {
    const members = embedMembers(request)
    return members.ok ? done({ body: members.value, dropped: droppedOf(request) }) : members
  }
  if (/titan-embed/.test(model)) return printTitan(request, model)
  return fail({ capability: 'embeddings', what: model })
}

/** Titan embeds one text per request. Its first version has no choice of dimensions. */
function printTitan(request: EmbeddingRequest, model: string): Result<Printed, MissingCapability> {
  const texts = textsOf(request)
  if (!texts.ok) return texts
  const [inputText, ...more] = texts.value
  if (more.length > 0) return fail({ capability: 'several inputs', what: 'input' })
  const isFirst = /titan-embed-text-v1/.test(model)
  return done({
    body: { inputText, dimensions: isFirst ? undefined : request.dimensions },
    dropped: titanDropped(request, isFirst),
  })
}

function titanDropped({ dimensions, purpose, user, extras }: EmbeddingRequest, isFirst: boolean): Dropped[] {
  const members = [
    ...(user === undefined ? [] : ['user']),
    ...(purpose === undefined ? [] : ['input_type']),
    ...(dimensions !== undefined && isFirst ? ['dimensions'] : []),
    ...Object.keys(extras),
  ]
  return members.map((member) => ({ member }))
}

/** Cohere models report their tokens only in a header on Bedrock, so such an answer has no count. */
function parseAnswer(body: JsonObject, { model = '' }: PrintedFacts): EmbeddingAnswer | undefined {
  const { embedding, embeddings, inputTextTokenCount } = body
  const vectors = vectorsIn(embeddings ?? [embedding])
  return vectors && { model, vectors, inputTokens: tokenCount(inputTextTokenCount) }
}
