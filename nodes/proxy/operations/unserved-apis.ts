// APIs of the providers that are known here and not served, each with what to use instead: told apart from a mistyped path. The
// paths are those of OpenAI's, Anthropic's and Google's official SDKs.

export interface UnservedApi {
  /** The provider's name of the API; undefined where a path is only known to be one of a provider's. */
  readonly name: string | undefined
  /** What to use instead; '' when nothing here replaces it. */
  readonly instead: string
}

const storedCompletions: UnservedApi = {
  name: 'Stored Completions',
  instead: 'POST /v1/responses stores answers, and GET /v1/responses/{id} reads them.',
}
const atProvider = 'Call the provider itself for it.'

/** The APIs by the first one or two segments of their paths behind the prefix; two segments win over one. */
const apis: Readonly<Record<string, readonly [name: string, instead: string]>> = {
  assistants: ['Assistants', 'Use the Responses API: POST /v1/responses.'],
  threads: ['Assistants', 'Use the Responses API with `previous_response_id`: POST /v1/responses.'],
  conversations: ['Conversations', 'Send `previous_response_id` or the whole conversation to POST /v1/responses.'],
  'responses/compact': ['Response Compaction', 'Send the part of the conversation that matters as `input`.'],
  'responses/input_tokens': ['Input Token Counts', 'POST /v1/messages/count_tokens counts for every model.'],
  vector_stores: [
    'Vector Stores',
    'Search outside the gateway, with POST /v1/embeddings and /v1/rerank, and send what was found.',
  ],
  uploads: ['Uploads', 'Send the whole file in one request: POST /v1/files.'],
  containers: ['Containers', 'Run code in a function tool of your own.'],
  fine_tuning: ['Fine-tuning', 'Tune the model at the provider, then configure the tuned model as a target.'],
  'fine-tunes': ['Fine-tuning', 'Tune the model at the provider, then configure the tuned model as a target.'],
  evals: ['Evals', 'Run the evaluation on your side against POST /v1/responses or /v1/chat/completions.'],
  graders: ['Graders', 'Grade with a model of your own choice: POST /v1/chat/completions.'],
  videos: ['Videos', atProvider],
  skills: ['Skills', atProvider],
  chatkit: ['ChatKit', atProvider],
  agents: ['Agents', atProvider],
  organization: ['Administration', 'Use the admin API of the gateway, on the control port.'],
  organizations: ['Administration', 'Use the admin API of the gateway, on the control port.'],
  edits: ['Edits', 'Use POST /v1/chat/completions.'],
  engines: ['Engines', 'Name the model in the body: POST /v1/completions.'],
  realtime: ['Realtime REST', 'Open a WebSocket at /v1/realtime?model=… with a key of the gateway.'],
  'messages/batches': ['Message Batches', 'Use POST /v1/batches at a provider that has it.'],
  complete: ['Text Completions', 'Use POST /v1/messages.'],
  cachedContents: ['Context Caching', 'Providers cache the beginning of a prompt by themselves; send it unchanged.'],
  tunedModels: ['Model Tuning', 'Tune the model at the provider, then configure the tuned model as a target.'],
  corpora: ['Semantic Retrieval', 'Search outside the gateway, with POST /v1/embeddings and /v1/rerank.'],
  fileSearchStores: ['File Search', 'Search outside the gateway, with POST /v1/embeddings and /v1/rerank.'],
  interactions: ['Interactions', 'Use the Responses API: POST /v1/responses.'],
  mcp: ['MCP', 'Let the client call the MCP server itself.'],
  a2a: ['A2A', 'Let the client call the agent itself.'],
}

const apiPath = /^(?:\/openai|\/anthropic)?(?:\/upload)?(?:\/v1(?:beta|alpha)?)?\/([\w-]+(?:\/[\w-]+)?)(?:\/|$)/
const storedCompletion = /\/chat\/completions\/[\w-]+(\/messages)?$/

/** Paths that are not served, below APIs that are. */
const besideServed =
  /^(\/openai|\/anthropic)?\/v1\/(images\/.+|audio\/.+|files\/.+|batches\/.+|responses\/.+)$|^\/openai\/deployments\/|^(\/upload)?\/v1(beta|alpha)\//

export function unservedApi(path: string): UnservedApi | undefined {
  if (storedCompletion.test(path)) return storedCompletions
  const [, segments = ''] = apiPath.exec(path) ?? []
  const [first = ''] = segments.split('/')
  for (const key of [segments, first]) {
    if (!Object.hasOwn(apis, key)) continue
    const [name, instead] = apis[key] as (typeof apis)[string]
    return { name, instead }
  }
  return besideServed.test(path) ? { name: undefined, instead: '' } : undefined
}
