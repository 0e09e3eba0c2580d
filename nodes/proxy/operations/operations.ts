// The targets that callers have, and what each needs to know of its body.
import type { Dialect, JsonObject } from '../../../shared/chat/parts.ts'
import { anthropicInbound } from '../dialects/anthropic/anthropic.ts'
import type { InboundDialect } from '../dialects/dialect.ts'
import type { EmbeddingInbound } from '../dialects/embedding-dialect.ts'
import type { ErrorShape } from '../dialects/error-shapes.ts'
import { geminiCountInbound, geminiInbound, geminiStreamInbound } from '../dialects/gemini/gemini.ts'
import {
  geminiBatchEmbedInbound,
  geminiEmbedInbound,
  withGeminiModel,
  withGeminiModels,
} from '../dialects/gemini/parse-embeddings.ts'
import { openAiEmbeddingsInbound } from '../dialects/openai/embeddings.ts'
import { openAiChatInbound } from '../dialects/openai-chat/openai-chat.ts'
import { openAiCompletionsInbound } from '../dialects/openai-completions/openai-completions.ts'
import { openAiResponsesInbound } from '../dialects/openai-responses/openai-responses.ts'
import type { UnitCounter } from './billable-units.ts'
import { azurePassThroughOperations, passThroughOperations } from './pass-through-operations.ts'

export interface Operation {
  /** As metered: '/v1/chat/completions'. */
  readonly name: string
  readonly dialect: Dialect
  readonly errors: ErrorShape
  /** Behind the provider's base path, where it takes this dialect as it is; of some with the model in it. */
  readonly upstreamPath: string | ((model: string) => string)
  /** How the caller is understood where it does not; undefined: not at all. */
  readonly inbound: InboundDialect | undefined
  /** The same for embeddings. */
  readonly embeddings?: EmbeddingInbound
  /** The body names the model again: the same body where it is the target's, another one where it is not. */
  readonly namesModelWithin?: (body: JsonObject, model: string) => JsonObject
  /** The member that has to be there, and whether it must be a non-empty array. */
  readonly input:
    | { readonly member: 'messages' | 'prompt' | 'input' | 'query'; readonly nonEmptyArray: boolean }
    | undefined
  /** Undefined: the route does not stream. */
  readonly stream: StreamDialect | undefined
  /** It always does, whatever the body says. */
  readonly alwaysStreams?: boolean
  /** Whether usage has to be asked for (`stream_options.include_usage`). */
  readonly asksForUsage: boolean
  /** Asks how many tokens there are, and uses none: how the number is told. */
  /** Answers may be stored, and gone on from. */
  readonly stateful?: boolean
  readonly counts?: (tokens: number) => object
  /** Whatever was asked for, the answer's own media type tells what it is: JSON, events, or bytes that nobody reads. 'bytes':
   *  nobody reads any of them. */
  readonly answersAnyhow?: true | 'bytes'
  /** Its tokens are not estimated: where an answer does not tell them, this tells what else was used. */
  readonly units?: UnitCounter
  /** Bodies may be forms: whether they must, and which part has to be there. */
  readonly form?: { readonly only: boolean; readonly part: string | undefined }
}

/** How a stream has to be watched where its bytes pass through. */
export type StreamDialect = 'chat' | 'responses' | 'messages' | 'gemini' | 'typed'

const chat: Operation = {
  name: '/v1/chat/completions',
  dialect: 'openai-chat',
  errors: 'openai',
  upstreamPath: '/chat/completions',
  inbound: openAiChatInbound,
  input: { member: 'messages', nonEmptyArray: true },
  stream: 'chat',
  asksForUsage: true,
}
const completions: Operation = {
  name: '/v1/completions',
  dialect: 'openai-completions',
  errors: 'openai',
  upstreamPath: '/completions',
  inbound: openAiCompletionsInbound,
  input: { member: 'prompt', nonEmptyArray: false },
  stream: 'chat',
  asksForUsage: true,
}
const embeddings: Operation = {
  name: '/v1/embeddings',
  dialect: 'openai-embeddings',
  errors: 'openai',
  upstreamPath: '/embeddings',
  inbound: undefined,
  embeddings: openAiEmbeddingsInbound,
  input: { member: 'input', nonEmptyArray: false },
  stream: undefined,
  asksForUsage: false,
}
const responses: Operation = {
  name: '/v1/responses',
  dialect: 'openai-responses',
  errors: 'openai',
  upstreamPath: '/responses',
  inbound: openAiResponsesInbound,
  input: undefined, // a stored prompt or a conversation can stand for it
  stateful: true,
  stream: 'responses',
  asksForUsage: false,
}
const messages: Operation = {
  name: '/v1/messages',
  dialect: 'anthropic',
  errors: 'anthropic',
  upstreamPath: '/messages',
  inbound: anthropicInbound,
  input: { member: 'messages', nonEmptyArray: true },
  stream: 'messages',
  asksForUsage: false,
}
const countTokens: Operation = {
  ...messages,
  name: '/v1/messages/count_tokens',
  // Nothing will be written, so there is no cap on it.
  inbound: { ...anthropicInbound, parseRequest: (body) => anthropicInbound.parseRequest({ max_tokens: 1, ...body }) },
  upstreamPath: '/messages/count_tokens',
  stream: undefined,
  counts: (input_tokens) => ({ input_tokens }),
}

const generate: Operation = {
  name: '/v1beta/models:generateContent',
  dialect: 'gemini',
  errors: 'gemini',
  upstreamPath: (model) => `/models/${model}:generateContent`,
  inbound: geminiInbound,
  input: undefined,
  stream: undefined,
  asksForUsage: false,
}
const generateStream: Operation = {
  ...generate,
  name: '/v1beta/models:streamGenerateContent',
  upstreamPath: (model) => `/models/${model}:streamGenerateContent?alt=sse`,
  inbound: geminiStreamInbound('sse'),
  stream: 'gemini',
  alwaysStreams: true,
}
/** One long list instead of events: no upstream is asked for it, so its bytes never pass through. */
const generateList: Operation = {
  ...generateStream,
  upstreamPath: '',
  inbound: geminiStreamInbound('list'),
}
const geminiCount: Operation = {
  ...generate,
  name: '/v1beta/models:countTokens',
  upstreamPath: (model) => `/models/${model}:countTokens`,
  inbound: geminiCountInbound,
  counts: (totalTokens) => ({ totalTokens }),
}
const geminiEmbed: Operation = {
  ...generate,
  name: '/v1beta/models:embedContent',
  upstreamPath: (model) => `/models/${model}:embedContent`,
  inbound: undefined,
  embeddings: geminiEmbedInbound,
  namesModelWithin: withGeminiModel,
}
const geminiBatchEmbed: Operation = {
  ...geminiEmbed,
  name: '/v1beta/models:batchEmbedContents',
  upstreamPath: (model) => `/models/${model}:batchEmbedContents`,
  embeddings: geminiBatchEmbedInbound,
  namesModelWithin: withGeminiModels,
}

const unprefixed = ['/chat/completions', '/embeddings', '/rerank']

/** Exact path → route. Paths are never decoded or normalised, so no spelling but these reaches an upstream. */
export const operations: ReadonlyMap<string, Operation> = new Map([
  ...[chat, completions, embeddings, responses, ...passThroughOperations].flatMap((route): [string, Operation][] => [
    [route.name, route],
    [`/openai${route.name}`, route],
    ...unprefixed.filter((path) => `/v1${path}` === route.name).map((path): [string, Operation] => [path, route]),
  ]),
  ...[messages, countTokens].flatMap((route): [string, Operation][] => [
    [route.name, route],
    [`/anthropic${route.name}`, route],
  ]),
  ['/openai/responses', responses],
])

/** A route whose path names the model, as the SDKs of Azure and Google write them. */
export interface OperationWithModel {
  readonly operation: Operation
  readonly model: string
}

const azureRoutes: Readonly<Record<string, Operation>> = {
  'chat/completions': chat,
  completions,
  embeddings,
  ...azurePassThroughOperations,
}
const geminiRoutes: Readonly<Record<string, Operation>> = {
  generateContent: generate,
  streamGenerateContent: generateStream,
  countTokens: geminiCount,
  embedContent: geminiEmbed,
  batchEmbedContents: geminiBatchEmbed,
}
const azurePath = /^\/openai\/deployments\/([^/]+)\/([a-z/]+)$/
const geminiPath = /^\/v1(?:beta)?\/models\/(.+):([A-Za-z]+)$/

export function matchModelPath(path: string, query: string): OperationWithModel | undefined {
  const azure = azurePath.exec(path)
  if (azure !== null)
    return Object.hasOwn(azureRoutes, azure[2]!) ? named(azureRoutes[azure[2]!], azure[1]!) : undefined
  const gemini = geminiPath.exec(path)
  if (gemini === null || !Object.hasOwn(geminiRoutes, gemini[2]!)) return undefined
  const route = geminiRoutes[gemini[2]!]!
  const isList = route === generateStream && !/(^|&)alt=sse(&|$)/.test(query)
  return named(isList ? generateList : route, gemini[1]!)
}

function named(route: Operation | undefined, encoded: string): OperationWithModel | undefined {
  if (route === undefined) return undefined
  try {
    return { operation: route, model: decodeURIComponent(encoded) }
  } catch {
    return undefined
  }
}

export const modelListPaths: ReadonlySet<string> = new Set([
  ...['/v1/models', '/openai/v1/models', '/anthropic/v1/models', '/v1beta/models', '/models'],
])

/** The model of `GET /v1/models/{id}`, undefined for another path. Ids contain slashes, raw or percent-encoded. */
export function modelOfPath(path: string): string | undefined {
  for (const list of modelListPaths) {
    if (!path.startsWith(`${list}/`)) continue
    try {
      return decodeURIComponent(path.slice(list.length + 1))
    } catch {
      return undefined
    }
  }
  return undefined
}

/** How a caller is told what is wrong before its route is known, or where there is none. */
export function errorsAt(path: string): ErrorShape {
  const known = operations.get(path)
  if (known !== undefined) return known.errors
  if (/^(\/anthropic)?\/v1\/messages|^\/anthropic\//.test(path)) return 'anthropic'
  return /^\/v1beta\/|^\/v1\/models\/.+:[A-Za-z]+$/.test(path) ? 'gemini' : 'openai'
}

/** Parts of the API that this version knows and does not serve: told apart from a mistyped path. */
const laterPaths =
  /^(\/openai|\/anthropic)?\/v1\/(images\/.+|audio\/.+|files\/.+|batches\/.+|messages\/batches(\/.+)?|realtime\/.+|responses\/.+)$|^\/openai\/deployments\/|^\/v1beta\/|^\/mcp(\/|$)|^\/a2a\//

export function isLaterPath(path: string): boolean {
  return laterPaths.test(path)
}
