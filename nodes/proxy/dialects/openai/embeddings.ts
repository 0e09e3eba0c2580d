// OpenAI's embeddings, for callers and for upstreams.
import type { EmbeddingAnswer, EmbeddingInput, EmbeddingRequest } from '../../../../shared/chat/embeddings.ts'
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import { done, type Result } from '../../../../shared/result.ts'
import { BodyReader, isObject, unread } from '../common/body-reader.ts'
import { readPurpose } from '../common/embedding-texts.ts'
import type { BadRequest, EmbeddingUpstream, PrintedRequest, TargetTraits } from '../dialect.ts'
import type { EmbeddingFacts, EmbeddingInbound } from '../embedding-dialect.ts'
import { parseUsage } from './usage.ts'

export const openAiEmbeddingsInbound: EmbeddingInbound = { parseRequest: readEmbeddingRequest, printAnswer }

export const openAiEmbeddingsUpstream: EmbeddingUpstream = { printRequest, parseAnswer }

const readMembers: ReadonlySet<string> = new Set([
  ...['model', 'models', 'input', 'encoding_format', 'dimensions', 'user', 'input_type'],
])

function readEmbeddingRequest(body: JsonObject): Result<EmbeddingRequest, BadRequest> {
  const reader = new BodyReader()
  const encoding = reader.maybeText(body['encoding_format'], 'encoding_format') ?? 'float'
  if (encoding !== 'float' && encoding !== 'base64') reader.wrong('encoding_format', 'must be float or base64')
  return reader.result<EmbeddingRequest>({
    dialect: 'openai-embeddings',
    model: reader.maybeText(body['model'], 'model') ?? '',
    inputs: readInputs(reader, body['input']),
    encoding: encoding === 'base64' ? 'base64' : 'float',
    dimensions: reader.maybeNumber(body['dimensions'], 'dimensions'),
    user: reader.maybeText(body['user'], 'user'),
    purpose: readPurpose(reader, body['input_type'], 'input_type'),
    extras: unread(body, readMembers),
  })
}

/** The input is a text, a list of texts, a list of tokens, or a list of lists of tokens. */
function readInputs(reader: BodyReader, input: Json): EmbeddingInput[] {
  if (typeof input === 'string') return [{ type: 'text', text: input }]
  const list = reader.list(input, 'input')
  if (list.length === 0) reader.wrong('input', 'must not be empty')
  if (typeof list[0] === 'number') return [readTokens(reader, list, 'input')]
  return list.map((one, i) => {
    const path = `input[${i}]`
    return Array.isArray(one) ? readTokens(reader, one, path) : { type: 'text', text: reader.text(one, path) }
  })
}

function readTokens(reader: BodyReader, list: readonly Json[], path: string): EmbeddingInput {
  return { type: 'tokens', tokens: list.map((token, i) => reader.maybeNumber(token, `${path}[${i}]`) ?? 0) }
}

function printAnswer(
  { model, vectors, inputTokens = 0 }: EmbeddingAnswer,
  { encoding }: Pick<EmbeddingFacts, 'encoding'>,
): string {
  const data = vectors.map((vector, index) => {
    const embedding = encoding === 'base64' ? base64Of(vector) : vector
    return { object: 'embedding', index, embedding }
  })
  const usage = { prompt_tokens: inputTokens, total_tokens: inputTokens }
  return JSON.stringify({ object: 'list', data, model, usage })
}

/** 32-bit floats, little-endian. */
function base64Of(vector: readonly number[]): string {
  const bytes = Buffer.allocUnsafe(vector.length * 4)
  for (const [i, value] of vector.entries()) bytes.writeFloatLE(value, i * 4)
  return bytes.toString('base64')
}

// ── to an upstream ───────────────────────────────────────────────────────────────────────────────────────────────────

function printRequest(request: EmbeddingRequest, { model }: TargetTraits): Result<PrintedRequest, never> {
  const input = request.inputs.map((one) => (one.type === 'text' ? one.text : one.tokens))
  const { dimensions, user } = request
  const members =
    request.purpose === undefined ? Object.keys(request.extras) : ['taskType', ...Object.keys(request.extras)]
  return done({
    path: '/embeddings',
    body: JSON.stringify({ model, input, dimensions, user, encoding_format: 'float' }),
    headerLines: '',
    dropped: members.map((member) => ({ member })),
  })
}

function parseAnswer(body: JsonObject): EmbeddingAnswer | undefined {
  const { data, model } = body
  if (!Array.isArray(data)) return undefined
  const vectors = data.filter(isObject).map(({ embedding }) => embedding)
  if (!vectors.every((vector): vector is number[] => Array.isArray(vector))) return undefined
  return { model: typeof model === 'string' ? model : '', vectors, inputTokens: parseUsage(body['usage'])?.input }
}
