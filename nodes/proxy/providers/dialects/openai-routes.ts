// The routes of the OpenAI API that are relayed byte for byte, and what each needs to know of its body.

export interface OpenAiRoute {
  /** As metered: '/v1/chat/completions'. */
  readonly name: string
  /** Behind the provider's base URL. */
  readonly upstreamPath: string
  /** The member that has to be there, and whether it must be a non-empty array. */
  readonly input: { readonly member: 'messages' | 'prompt' | 'input'; readonly nonEmptyArray: boolean } | undefined
  /** Undefined: the route does not stream. */
  readonly stream: 'chat' | 'responses' | undefined
  /** Whether usage has to be asked for (`stream_options.include_usage`). */
  readonly asksForUsage: boolean
}

const chat: OpenAiRoute = {
  name: '/v1/chat/completions',
  upstreamPath: '/chat/completions',
  input: { member: 'messages', nonEmptyArray: true },
  stream: 'chat',
  asksForUsage: true,
}
const completions: OpenAiRoute = {
  name: '/v1/completions',
  upstreamPath: '/completions',
  input: { member: 'prompt', nonEmptyArray: false },
  stream: 'chat',
  asksForUsage: true,
}
const embeddings: OpenAiRoute = {
  name: '/v1/embeddings',
  upstreamPath: '/embeddings',
  input: { member: 'input', nonEmptyArray: false },
  stream: undefined,
  asksForUsage: false,
}
const responses: OpenAiRoute = {
  name: '/v1/responses',
  upstreamPath: '/responses',
  input: undefined, // a stored prompt or a conversation can stand for it
  stream: 'responses',
  asksForUsage: false,
}
const moderations: OpenAiRoute = {
  name: '/v1/moderations',
  upstreamPath: '/moderations',
  input: { member: 'input', nonEmptyArray: false },
  stream: undefined,
  asksForUsage: false,
}

const unprefixed = ['/chat/completions', '/embeddings']

/** Exact path → route. Paths are never decoded or normalised, so no spelling but these reaches an upstream. */
export const openAiRoutes: ReadonlyMap<string, OpenAiRoute> = new Map(
  [chat, completions, embeddings, responses, moderations].flatMap((route): [string, OpenAiRoute][] => [
    [route.name, route],
    [`/openai${route.name}`, route],
    ...(unprefixed.includes(route.upstreamPath) ? [[route.upstreamPath, route] as [string, OpenAiRoute]] : []),
  ]),
)

export const modelListPaths: ReadonlySet<string> = new Set(['/v1/models', '/openai/v1/models', '/models'])

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

/** Parts of the API that this version knows and does not serve: told apart from a mistyped path. */
const laterPaths =
  /^(\/openai|\/anthropic)?\/v1\/(messages|messages\/count_tokens|images\/.+|audio\/.+|rerank|files(\/.+)?|batches(\/.+)?|realtime|responses\/.+)$|^\/openai\/deployments\/|^\/v1beta\/|^\/mcp(\/|$)|^\/a2a\//

export function isLaterPath(path: string): boolean {
  return laterPaths.test(path)
}
