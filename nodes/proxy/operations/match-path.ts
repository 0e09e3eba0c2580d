// Finds the operation of a request by its path, and the error shape that callers of a path expect. Paths are not decoded or
// normalised, so no other spelling of a path reaches an upstream.
import { nearestNames } from '../../../shared/config/nearest.ts'
import { done, fail, type Result } from '../../../shared/result.ts'
import type { ErrorShape } from '../dialects/error-shapes.ts'
import type { RequestHead } from '../http/http.ts'
import { matchObjectPath, type ObjectPath, objectMediaTypes } from '../provider-objects/object-operations.ts'
import {
  deploymentList,
  healthOperation,
  modelLists,
  objectOperation,
  storedResponseOperations,
} from './gateway-operations.ts'
import { listOfDeployments, matchModelPath, modelListPaths, modelOfPath } from './model-paths.ts'
import type { Operation } from './operation.ts'
import { chat, completions, countTokens, embeddings, messages, responses } from './operations.ts'
import { passThroughOperations } from './pass-through-operations.ts'
import { knownEnd, pathHint } from './path-hints.ts'
import { type UnservedApi, unservedApi } from './unserved-apis.ts'

export interface MatchedOperation {
  readonly operation: Operation
  /** The model that the path names. It replaces the model of the body. */
  readonly model?: string | undefined
  /** The file or batch that the path names. */
  readonly object?: ObjectPath
  readonly response?: StoredResponsePath
}

export interface StoredResponsePath {
  readonly id: string
  readonly action: keyof typeof storedResponseOperations
}

/** Why nothing is served at a path. */
export type PathMismatch =
  | { readonly type: 'unknown-path'; readonly nearest: string | undefined; readonly hint?: string | undefined }
  | ({ readonly type: 'not-served' } & UnservedApi)
  | { readonly type: 'upgrade-required' }

const unprefixed: readonly string[] = ['/v1/chat/completions', '/v1/embeddings', '/v1/rerank']

const openAiPaths = [chat, completions, embeddings, responses, ...passThroughOperations].flatMap((operation) => {
  const { name } = operation
  // Azure's newer API has no version in its path.
  const bare = name.replace(/^\/v1/, '')
  const paths = [name, `/openai${name}`, `/openai${bare}`, ...(unprefixed.includes(name) ? [bare] : [])]
  return paths.map((path) => [path, operation] as const)
})
const anthropicPaths = [messages, countTokens].flatMap((operation) => [
  [operation.name, operation] as const,
  [`/anthropic${operation.name}`, operation] as const,
])
const inferencePaths: ReadonlyMap<string, Operation> = new Map([...openAiPaths, ...anthropicPaths])

type Match = Result<MatchedOperation, PathMismatch>

/** The match of each path, made once so that a request allocates none. */
const inferenceMatches: ReadonlyMap<string, Match> = new Map(
  [...inferencePaths].map(([path, operation]) => [path, done({ operation })]),
)
const listMatches = {
  openai: done({ operation: modelLists.openai }),
  anthropic: done({ operation: modelLists.anthropic }),
  gemini: done({ operation: modelLists.gemini }),
} as const
const healthMatch: Match = done({ operation: healthOperation })

export const readyPaths: readonly string[] = ['/readyz', '/health/readiness']
const healthPaths: readonly string[] = ['/livez', '/health/liveliness', ...readyPaths]
export const realtimePaths: readonly string[] = ['/v1/realtime', '/openai/v1/realtime', '/openai/realtime', '/realtime']

export function matchOperation(head: RequestHead): Match {
  return inferenceMatches.get(head.path) ?? matchOther(head)
}

function matchOther(head: RequestHead): Match {
  const { path, query, method } = head
  // A GET of a model whose name has a colon looks like a call of Google's.
  const mayCall = method === 'POST' || path.startsWith('/openai/')
  const withModel = mayCall ? matchModelPath(path, query) : undefined
  if (withModel !== undefined) return done(withModel)
  const object = matchObjectPath(path)
  if (object !== undefined) return done({ operation: objectOperation(object), object })
  if (healthPaths.includes(path)) return healthMatch
  const response = matchStoredResponse(path)
  if (response !== undefined) return done({ operation: storedResponseOperations[response.action], response })
  return matchModelList(head) ?? mismatch(path)
}

function matchModelList(head: RequestHead): Match | undefined {
  const { path } = head
  const listed = listOfDeployments(path)
  if (listed === 'models') return listMatches.openai
  if (listed !== undefined)
    return done({ operation: deploymentList, ...(listed === 'deployments' ? {} : { model: listed.deployment }) })
  if (modelListPaths.includes(path)) return listMatches[listShape(head)]
  const model = modelOfPath(path)
  return model === undefined ? undefined : done({ operation: modelLists[listShape(head)], model })
}

function listShape(head: RequestHead): ErrorShape {
  if (head.header('anthropic-version') !== undefined) return 'anthropic'
  return head.header('x-goog-api-key') === undefined ? errorShapeAt(head.path) : 'gemini'
}

const storedResponsePath = /^(?:\/openai|(?:\/openai)?\/v1)\/responses\/([^/]+)(?:\/(input_items|cancel))?$/

export function matchStoredResponse(path: string): StoredResponsePath | undefined {
  const [, id, action = ''] = storedResponsePath.exec(path) ?? []
  // These two are other endpoints of the Responses API, not ids of stored responses.
  if (id === undefined || (action === '' && (id === 'input_tokens' || id === 'compact'))) return undefined
  return { id, action: action as StoredResponsePath['action'] }
}

const knownPaths = [...inferencePaths.keys(), ...modelListPaths, ...healthPaths]

function mismatch(path: string): Match {
  if (realtimePaths.includes(path)) return fail({ type: 'upgrade-required' })
  const unserved = knownEnd(path, isCallPath) === undefined ? unservedApi(path) : undefined
  if (unserved !== undefined) return fail({ type: 'not-served', ...unserved })
  return fail({
    type: 'unknown-path',
    nearest: nearestNames(path, knownPaths, 1)[0],
    hint: pathHint(path, isCallPath),
  })
}

function isCallPath(path: string): boolean {
  return inferencePaths.has(path) || matchModelPath(path, '') !== undefined
}

/** The error shape at a path, known or not. A path that only ends in a known one has the shape of its end. */
export function errorShapeAt(path: string): ErrorShape {
  const shape = shapeAt(path)
  if (shape !== 'openai' || inferencePaths.has(path)) return shape
  const end = knownEnd(path, isCallPath)
  return end === undefined ? shape : shapeAt(end.known)
}

function shapeAt(path: string): ErrorShape {
  const known = inferencePaths.get(path)
  if (known !== undefined) return known.errors
  if (/^(\/anthropic)?\/v1\/messages|^\/anthropic\//.test(path)) return 'anthropic'
  return /^\/v1beta\/|^\/v1\/models\/.+:[A-Za-z]+$|^\/v1\/.+:(generateContent|streamGenerateContent)$/.test(path)
    ? 'gemini'
    : 'openai'
}

/** Media types of bodies at a path. Undefined where only JSON is accepted. */
export function mediaTypesAt(path: string): readonly string[] | undefined {
  const operation = inferencePaths.get(path) ?? matchModelPath(path, '')?.operation
  if (operation?.form !== undefined) {
    return operation.form.only ? ['multipart/form-data'] : ['multipart/form-data', 'application/json']
  }
  const object = operation === undefined ? matchObjectPath(path) : undefined
  return object === undefined ? undefined : objectMediaTypes(object)
}
