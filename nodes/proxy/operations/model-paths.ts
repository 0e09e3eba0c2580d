// Matches paths that name a model: those of Azure's and Google's SDKs, and `GET /v1/models/{id}`.
import type { Operation } from './operation.ts'
import {
  chat,
  completions,
  embeddings,
  geminiBatchEmbed,
  geminiCount,
  geminiEmbed,
  generate,
  generateList,
  generateStream,
} from './operations.ts'
import { azurePassThroughOperations } from './pass-through-operations.ts'

export interface OperationWithModel {
  readonly operation: Operation
  readonly model: string
}

const azureOperations: Readonly<Record<string, Operation>> = {
  'chat/completions': chat,
  completions,
  embeddings,
  ...azurePassThroughOperations,
}
const geminiOperations: Readonly<Record<string, Operation>> = {
  generateContent: generate,
  streamGenerateContent: generateStream,
  countTokens: geminiCount,
  embedContent: geminiEmbed,
  batchEmbedContents: geminiBatchEmbed,
}
const azurePrefix = '/openai/deployments/'
/** The longest first: `completions` is the end of `chat/completions`. */
const azureNames = Object.keys(azureOperations).sort((a, b) => b.length - a.length)
/** Google's SDKs write `models/` only before a name without a slash. A version that stands there twice is no provider. */
const geminiPath = /^\/v1(?:beta)?\/(?:models\/(.+)|(?!v1(?:beta)?\/models\/)([^/]+\/.+)):([A-Za-z]+)$/

export function matchModelPath(path: string, query: string): OperationWithModel | undefined {
  if (path.startsWith(azurePrefix)) return matchAzurePath(path.slice(azurePrefix.length))
  const [, listed, whole, geminiName] = geminiPath.exec(path) ?? []
  const model = listed ?? whole
  if (model === undefined) return undefined
  const found = named(geminiOperations, geminiName, model)
  const isList = found?.operation === generateStream && !/(^|&)alt=sse(&|$)/.test(query)
  return isList ? { operation: generateList, model: found.model } : found
}

/** Names of deployments contain slashes, raw or percent-encoded. */
function matchAzurePath(rest: string): OperationWithModel | undefined {
  const name = azureNames.find((one) => rest.endsWith(`/${one}`))
  const deployment = name === undefined ? '' : rest.slice(0, -name.length - 1)
  return deployment === '' ? undefined : named(azureOperations, name, deployment)
}

function named(
  operations: Readonly<Record<string, Operation>>,
  name = '',
  encoded = '',
): OperationWithModel | undefined {
  const operation = Object.hasOwn(operations, name) ? operations[name] : undefined
  const model = decoded(encoded)
  return operation === undefined || model === undefined ? undefined : { operation, model }
}

/** What is listed at a path of Azure's below `/openai/deployments`: the deployments, one of them, or all models. Undefined for another
 *  path. */
export function listOfDeployments(
  path: string,
): 'deployments' | 'models' | { readonly deployment: string } | undefined {
  if (path === '/openai/deployments') return 'deployments'
  if (!path.startsWith(azurePrefix)) return undefined
  const rest = path.slice(azurePrefix.length)
  // The path of an SDK whose base URL ends with a deployment.
  if (/^[^/]+\/models$/.test(rest)) return 'models'
  const deployment = /^[^/]+$/.test(rest) ? decoded(rest) : undefined
  return deployment === undefined ? undefined : { deployment }
}

export const modelListPaths: readonly string[] = [
  '/v1/models',
  '/openai/v1/models',
  '/openai/models',
  '/anthropic/v1/models',
  '/v1beta/models',
  '/models',
]

/** The model of `GET /v1/models/{id}`, or undefined for another path. Ids may contain slashes, raw or percent-encoded. */
export function modelOfPath(path: string): string | undefined {
  const list = modelListPaths.find((one) => path.startsWith(`${one}/`))
  return list === undefined ? undefined : decoded(path.slice(list.length + 1))
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
