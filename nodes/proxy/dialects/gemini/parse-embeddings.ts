// Gemini's embedContent and batchEmbedContents: parses the requests of callers.
import type { EmbeddingInput, EmbeddingRequest } from '../../../../shared/chat/embeddings.ts'
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import type { Result } from '../../../../shared/result.ts'
import { BodyReader, isObject } from '../common/body-reader.ts'
import { readPurpose } from '../common/embedding-texts.ts'
import type { BadRequest } from '../dialect.ts'
import type { EmbeddingInbound } from '../embedding-dialect.ts'
import { member, otherMembers } from './members.ts'
import { readGeminiText } from './parse-content.ts'

export const geminiEmbedInbound: EmbeddingInbound = {
  parseRequest: (body) => readRequest([{ value: body, path: '' }]),
  printAnswer: ({ vectors }) => JSON.stringify({ embedding: { values: vectors[0] ?? [] } }),
}

export const geminiBatchEmbedInbound: EmbeddingInbound = {
  parseRequest(body) {
    const requests = Array.isArray(body['requests']) ? body['requests'] : []
    return readRequest(requests.map((value: Json, i) => ({ value, path: `requests[${i}].` })))
  },
  printAnswer: ({ vectors }) => JSON.stringify({ embeddings: vectors.map((values) => ({ values })) }),
}

interface One {
  readonly value: Json
  readonly path: string
}

/** The first request gives the settings for all of them. */
function readRequest(ones: readonly One[]): Result<EmbeddingRequest, BadRequest> {
  const reader = new BodyReader()
  if (ones.length === 0) reader.wrong('requests', 'must be a list with something in it')
  const objects = ones.map(({ value, path }) => ({
    path,
    value: reader.object(value, path === '' ? 'body' : path.slice(0, -1)),
  }))
  const first: JsonObject = objects[0]?.value ?? {}
  return reader.result<EmbeddingRequest>({
    dialect: 'gemini',
    model: '',
    inputs: objects.map(({ value, path }) => readInput(reader, value['content'], `${path}content`)),
    encoding: 'float',
    dimensions: reader.maybeNumber(member(first, 'outputDimensionality'), 'outputDimensionality'),
    purpose: readPurpose(reader, member(first, 'taskType'), 'taskType'),
    extras: readSettings(reader, first, objects.length),
  })
}

/** The members beside the text, which an upstream is told with each text. */
function readSettings(reader: BodyReader, first: JsonObject, texts: number): Record<string, Json> {
  const settings = otherMembers(first, ['model', 'content', 'outputDimensionality', 'taskType'])
  const repeatedCharacters = JSON.stringify(settings).length * (texts - 1)
  if (repeatedCharacters > repeatedCharactersMax)
    reader.wrong('requests[0]', 'has settings that are too long for so many texts')
  return settings
}

const repeatedCharactersMax = 1 << 20

function readInput(reader: BodyReader, content: Json, path: string): EmbeddingInput {
  const parts = readGeminiText(reader, content, path)
  if (parts.length === 0) reader.wrong(path, 'is missing')
  return { type: 'text', text: parts.map(({ text }) => text).join('\n') }
}

/** Replaces the model that the body names by the target's. A body that names it already, or names none, is returned
 *  unchanged. */
export function withGeminiModel(body: JsonObject, model: string): JsonObject {
  const named = body['model']
  const name = `models/${model}`
  return named === undefined || named === name ? body : { ...body, model: name }
}

export function withGeminiModels(body: JsonObject, model: string): JsonObject {
  const { requests } = body
  if (!Array.isArray(requests)) return body
  const renamed = requests.map((one: Json) => (isObject(one) ? withGeminiModel(one, model) : one))
  return renamed.every((one, i) => one === requests[i]) ? body : { ...body, requests: renamed }
}
