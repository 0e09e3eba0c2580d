// How hosts that speak OpenAI's API differ from it, one row each, by the host of a provider's base URL. A host that is not listed
// works as well; it is assumed to implement the whole API as OpenAI documents it.
import type { Dialect } from '../../../shared/chat/parts.ts'
import type { Parameter } from '../../../shared/chat/request.ts'
import type { EndpointName, ReasoningBack } from '../../../shared/config/kinds/providers/spec.ts'
import type { Quirks } from '../dialects/dialect.ts'

export interface HostRow {
  /** Whether the host has the Responses API. */
  readonly responses: boolean
  /** The operations it has of those that are never translated. Undefined: all of them. */
  readonly passThrough?: readonly PassThroughDialect[]
  readonly quirks: Quirks
}

/** Dialects of operations that are never translated. */
export const passThroughDialects = [
  'openai-images',
  'openai-image-edits',
  'openai-speech',
  'openai-transcriptions',
  'openai-moderations',
  'openai-realtime',
  'openai-files',
  'openai-batches',
  'rerank',
] as const satisfies Dialect[]
export type PassThroughDialect = (typeof passThroughDialects)[number]

/** Parameters that other servers have added to the API and that OpenAI rejects. */
export const notOpenAi: readonly Parameter[] = ['topK', 'minP', 'repetitionPenalty']
/** Parameters that OpenAI has added lately and that strict servers reject. */
const openAiOnly: readonly Parameter[] = [
  'verbosity',
  'safetyIdentifier',
  'promptCacheKey',
  'promptCacheRetention',
  'store',
  'metadata',
  'prediction',
  'modalities',
  'audio',
  'serviceTier',
  'logitBias',
  'parallelToolCalls',
]

function drops(...parameters: readonly Parameter[]): Pick<Quirks, 'drops'> {
  return { drops: new Set(parameters) }
}

const together: readonly PassThroughDialect[] = ['openai-images', 'openai-speech', 'openai-transcriptions', 'rerank']
const deepInfra: readonly PassThroughDialect[] = ['openai-images', 'openai-speech', 'openai-transcriptions']

/** Hosts of models that think between their calls. */
function thinkingHost(reasoningBack: ReasoningBack, reasoningForm?: Quirks['reasoningForm']): HostRow {
  return { responses: false, quirks: { systemOnly: true, reasoningBack, reasoningForm } }
}

const rows: Readonly<Record<string, HostRow>> = {
  'api.openai.com': {
    responses: true,
    passThrough: passThroughDialects.filter((name) => name !== 'rerank'),
    quirks: {
      maxTokensName: 'max_completion_tokens',
      customTools: true,
      reasoningBack: 'none',
      ...drops(...notOpenAi),
    },
  },
  'api.x.ai': {
    responses: true,
    passThrough: ['openai-images', 'openai-realtime'],
    quirks: {
      systemOnly: true,
      statesCost: true,
      reasoningBack: 'none',
      ...drops('topK', 'minP', 'repetitionPenalty'),
    },
  },
  'api.groq.com': {
    responses: true,
    passThrough: ['openai-speech', 'openai-transcriptions', 'openai-files', 'openai-batches'],
    quirks: {
      maxTokensName: 'max_completion_tokens',
      systemOnly: true,
      reasoningBack: 'none',
      ...drops(...notOpenAi, 'logprobs', 'logitBias'),
    },
  },
  'api.deepseek.com': {
    responses: false,
    passThrough: [],
    quirks: {
      systemOnly: true,
      reasoningBack: 'reasoning_content',
      reasoningForm: 'thinking',
      ...drops(...notOpenAi, ...openAiOnly, 'seed', 'n', 'user'),
    },
  },
  'api.mistral.ai': {
    responses: false,
    passThrough: ['openai-transcriptions', 'openai-moderations'],
    // It sends reasoning as parts of the content, which clients of the API do not expect.
    quirks: {
      repairs: true,
      systemOnly: true,
      // Source: @mistralai/mistralai 2.7, ChatCompletionStreamRequest; the API refuses unknown members, and other orders of turns
      // ("Unexpected role 'user' after role 'tool'", "Expected last role User or Tool (or Assistant with prefix True)").
      seedName: 'random_seed',
      usageUnasked: true,
      strictTurns: true,
      reasoningBack: 'none',
      callIds: { forbidden: /[^a-zA-Z0-9]/g, charactersMax: 9, isExact: true },
      ...drops(...notOpenAi, ...openAiOnly, 'user', 'logprobs'),
    },
  },
  'api.perplexity.ai': {
    responses: false,
    passThrough: [],
    quirks: {
      repairs: true,
      systemOnly: true,
      statesCost: true,
      reasoningBack: 'none',
      numbersSources: true,
      ...drops(...openAiOnly, 'seed', 'n', 'user', 'logprobs', 'minP'),
    },
  },
  'api.together.xyz': {
    responses: false,
    passThrough: together,
    quirks: { systemOnly: true, ...drops(...openAiOnly, 'user') },
  },
  'api.together.ai': {
    responses: false,
    passThrough: together,
    quirks: { systemOnly: true, ...drops(...openAiOnly, 'user') },
  },
  'api.fireworks.ai': { responses: false, passThrough: ['rerank'], quirks: { systemOnly: true } },
  'api.cerebras.ai': {
    responses: false,
    passThrough: [],
    quirks: { systemOnly: true, reasoningBack: 'none', ...drops(...notOpenAi) },
  },
  'api.deepinfra.com': { responses: false, passThrough: deepInfra, quirks: { systemOnly: true, statesCost: true } },
  'openrouter.ai': {
    responses: false,
    passThrough: [],
    quirks: {
      systemOnly: true,
      cacheMarkers: true,
      statesCost: true,
      reasoningBack: 'reasoning_details',
      reasoningForm: 'reasoning',
    },
  },
  'integrate.api.nvidia.com': {
    responses: false,
    passThrough: [],
    quirks: { systemOnly: true, ...drops(...openAiOnly) },
  },
  'api.moonshot.ai': thinkingHost('reasoning_content', 'thinking'),
  'api.moonshot.cn': thinkingHost('reasoning_content', 'thinking'),
  'api.kimi.com': thinkingHost('reasoning_content', 'thinking'),
  'api.z.ai': thinkingHost('reasoning_content', 'thinking'),
  'open.bigmodel.cn': thinkingHost('reasoning_content', 'thinking'),
  // MiniMax splits reasoning from the answer into OpenRouter's form (`reasoning_split`).
  'api.minimax.io': thinkingHost('reasoning_details'),
  'api.minimaxi.com': thinkingHost('reasoning_details'),
  'dashscope.aliyuncs.com': thinkingHost('reasoning_content'),
  'dashscope-intl.aliyuncs.com': thinkingHost('reasoning_content'),
  'dashscope-us.aliyuncs.com': thinkingHost('reasoning_content'),
  'generativelanguage.googleapis.com': {
    responses: false,
    passThrough: ['openai-images'],
    quirks: { systemOnly: true, thoughtSignatures: true, reasoningBack: 'none', ...drops(...notOpenAi, ...openAiOnly) },
  },
}

/** The row of a host. Undefined for a host that is not listed. */
export function hostRow(hostname: string): HostRow | undefined {
  return Object.hasOwn(rows, hostname) ? rows[hostname] : undefined
}

export function withoutResponses(dialects: ReadonlySet<Dialect>): ReadonlySet<Dialect> {
  return new Set([...dialects].filter((dialect) => dialect !== 'openai-responses'))
}

/** `dialects` without those of operations that the host does not have. */
export function passThroughAt(host: HostRow | undefined, dialects: ReadonlySet<Dialect>): ReadonlySet<Dialect> {
  const there: readonly Dialect[] | undefined = host?.passThrough
  if (there === undefined) return dialects
  const all: readonly Dialect[] = passThroughDialects
  return new Set([...dialects].filter((dialect) => !all.includes(dialect) || there.includes(dialect)))
}

const dialectsOf: Readonly<Record<EndpointName, readonly Dialect[]>> = {
  chat: ['openai-chat'],
  completions: ['openai-completions'],
  responses: ['openai-responses'],
  embeddings: ['openai-embeddings'],
  images: ['openai-images', 'openai-image-edits'],
  speech: ['openai-speech'],
  transcriptions: ['openai-transcriptions'],
  moderations: ['openai-moderations'],
  rerank: ['rerank'],
  realtime: ['openai-realtime'],
  files: ['openai-files'],
  batches: ['openai-batches'],
}

/** The operator's word on what a server has. */
export function dialectsOfEndpoints(endpoints: readonly EndpointName[]): ReadonlySet<Dialect> {
  return new Set(endpoints.flatMap((name) => dialectsOf[name]))
}
