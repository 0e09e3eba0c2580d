// The endpoints that callers have, and what each needs to know of its body.
import type { Dialect } from '../../../shared/chat/parts.ts'
import { anthropicInbound } from './dialects/anthropic.ts'
import type { InboundDialect } from './dialects/dialect.ts'
import type { ErrorShape } from './dialects/error-shapes.ts'
import { openAiChatInbound } from './dialects/openai-chat.ts'
import { openAiResponsesInbound } from './dialects/openai-responses.ts'

export interface Route {
  /** As metered: '/v1/chat/completions'. */
  readonly name: string
  readonly dialect: Dialect
  readonly errors: ErrorShape
  /** Behind the provider's base path, where it takes this dialect as it is. */
  readonly upstreamPath: string
  /** How the caller is understood where it does not; undefined: not at all. */
  readonly inbound: InboundDialect | undefined
  /** The member that has to be there, and whether it must be a non-empty array. */
  readonly input: { readonly member: 'messages' | 'prompt' | 'input'; readonly nonEmptyArray: boolean } | undefined
  /** Undefined: the route does not stream. */
  readonly stream: 'chat' | 'responses' | 'messages' | undefined
  /** Whether usage has to be asked for (`stream_options.include_usage`). */
  readonly asksForUsage: boolean
  /** Asks how many tokens there are, and uses none. */
  readonly counts?: boolean
}

const chat: Route = {
  name: '/v1/chat/completions',
  dialect: 'openai-chat',
  errors: 'openai',
  upstreamPath: '/chat/completions',
  inbound: openAiChatInbound,
  input: { member: 'messages', nonEmptyArray: true },
  stream: 'chat',
  asksForUsage: true,
}
const completions: Route = {
  name: '/v1/completions',
  dialect: 'openai-completions',
  errors: 'openai',
  upstreamPath: '/completions',
  inbound: undefined,
  input: { member: 'prompt', nonEmptyArray: false },
  stream: 'chat',
  asksForUsage: true,
}
const embeddings: Route = {
  name: '/v1/embeddings',
  dialect: 'openai-embeddings',
  errors: 'openai',
  upstreamPath: '/embeddings',
  inbound: undefined,
  input: { member: 'input', nonEmptyArray: false },
  stream: undefined,
  asksForUsage: false,
}
const responses: Route = {
  name: '/v1/responses',
  dialect: 'openai-responses',
  errors: 'openai',
  upstreamPath: '/responses',
  inbound: openAiResponsesInbound,
  input: undefined, // a stored prompt or a conversation can stand for it
  stream: 'responses',
  asksForUsage: false,
}
const moderations: Route = {
  name: '/v1/moderations',
  dialect: 'openai-moderations',
  errors: 'openai',
  upstreamPath: '/moderations',
  inbound: undefined,
  input: { member: 'input', nonEmptyArray: false },
  stream: undefined,
  asksForUsage: false,
}
const messages: Route = {
  name: '/v1/messages',
  dialect: 'anthropic',
  errors: 'anthropic',
  upstreamPath: '/messages',
  inbound: anthropicInbound,
  input: { member: 'messages', nonEmptyArray: true },
  stream: 'messages',
  asksForUsage: false,
}
const countTokens: Route = {
  ...messages,
  name: '/v1/messages/count_tokens',
  // Nothing will be written, so there is no cap on it.
  inbound: { ...anthropicInbound, parseRequest: (body) => anthropicInbound.parseRequest({ max_tokens: 1, ...body }) },
  upstreamPath: '/messages/count_tokens',
  stream: undefined,
  counts: true,
}

const unprefixed = ['/chat/completions', '/embeddings']

/** Exact path → route. Paths are never decoded or normalised, so no spelling but these reaches an upstream. */
export const routes: ReadonlyMap<string, Route> = new Map([
  ...[chat, completions, embeddings, responses, moderations].flatMap((route): [string, Route][] => [
    [route.name, route],
    [`/openai${route.name}`, route],
    ...(unprefixed.includes(route.upstreamPath) ? [[route.upstreamPath, route] as [string, Route]] : []),
  ]),
  ...[messages, countTokens].flatMap((route): [string, Route][] => [
    [route.name, route],
    [`/anthropic${route.name}`, route],
  ]),
])

export const modelListPaths: ReadonlySet<string> = new Set([
  ...['/v1/models', '/openai/v1/models', '/anthropic/v1/models', '/models'],
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
  return (
    routes.get(path)?.errors ?? (/^(\/anthropic)?\/v1\/messages|^\/anthropic\//.test(path) ? 'anthropic' : 'openai')
  )
}

/** Parts of the API that this version knows and does not serve: told apart from a mistyped path. */
const laterPaths =
  /^(\/openai|\/anthropic)?\/v1\/(images\/.+|audio\/.+|rerank|files(\/.+)?|batches(\/.+)?|messages\/batches(\/.+)?|realtime|responses\/.+)$|^\/openai\/deployments\/|^\/v1beta\/|^\/mcp(\/|$)|^\/a2a\//

export function isLaterPath(path: string): boolean {
  return laterPaths.test(path)
}
