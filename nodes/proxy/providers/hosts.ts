// Hosts that speak OpenAI's API, one row each, found by the host of a provider's base URL: in what they differ from it. A
// host that is not here works as well; it is taken to speak all of the API, as its makers wrote it.
import type { Dialect } from '../../../shared/chat/parts.ts'
import type { Knob } from '../../../shared/chat/request.ts'
import type { Quirks } from './dialects/dialect.ts'

export interface HostRow {
  /** Beside embeddings and legacy completions: whether the Responses API is there. */
  readonly responses: boolean
  readonly quirks: Quirks
}

/** Knobs that other servers have added to the API, and OpenAI's own refuses. */
export const notOpenAi: readonly Knob[] = ['topK', 'minP', 'repetitionPenalty']
/** What OpenAI has added lately, which strict servers refuse. */
const openAiOnly: readonly Knob[] = [
  ...(['verbosity', 'safetyIdentifier', 'promptCacheKey', 'promptCacheRetention', 'store', 'metadata'] as const),
  ...(['prediction', 'modalities', 'audio', 'serviceTier', 'logitBias', 'parallelToolCalls'] as const),
]

function drops(...knobs: readonly Knob[]): Pick<Quirks, 'drops'> {
  return { drops: new Set(knobs) }
}

const rows: Readonly<Record<string, HostRow>> = {
  'api.openai.com': {
    responses: true,
    quirks: { maxTokensName: 'max_completion_tokens', ...drops(...notOpenAi) },
  },
  'api.x.ai': { responses: true, quirks: { systemOnly: true, ...drops('topK', 'minP', 'repetitionPenalty') } },
  'api.groq.com': {
    responses: true,
    quirks: {
      maxTokensName: 'max_completion_tokens',
      systemOnly: true,
      ...drops(...notOpenAi, 'logprobs', 'logitBias'),
    },
  },
  'api.deepseek.com': {
    responses: false,
    quirks: { systemOnly: true, reasoningBack: true, ...drops(...notOpenAi, ...openAiOnly, 'seed', 'n', 'user') },
  },
  'api.mistral.ai': {
    responses: false,
    // Thoughts come as parts of the content there, which clients of the API do not expect.
    quirks: { repairs: true, systemOnly: true, ...drops(...notOpenAi, ...openAiOnly, 'user', 'logprobs') },
  },
  'api.perplexity.ai': {
    responses: false,
    quirks: { repairs: true, systemOnly: true, ...drops(...openAiOnly, 'seed', 'n', 'user', 'logprobs', 'minP') },
  },
  'api.together.xyz': { responses: false, quirks: { systemOnly: true, ...drops(...openAiOnly, 'user') } },
  'api.together.ai': { responses: false, quirks: { systemOnly: true, ...drops(...openAiOnly, 'user') } },
  'api.fireworks.ai': { responses: false, quirks: { systemOnly: true } },
  'api.cerebras.ai': { responses: false, quirks: { systemOnly: true, ...drops(...notOpenAi) } },
  'api.deepinfra.com': { responses: false, quirks: { systemOnly: true } },
  'openrouter.ai': { responses: false, quirks: { systemOnly: true, cacheMarkers: true } },
  'integrate.api.nvidia.com': { responses: false, quirks: { systemOnly: true, ...drops(...openAiOnly) } },
  'generativelanguage.googleapis.com': {
    responses: false,
    quirks: { systemOnly: true, thoughtSignatures: true, ...drops(...notOpenAi, ...openAiOnly) },
  },
}

/** By host name; undefined for one of which nothing is known. */
export function hostRow(hostname: string): HostRow | undefined {
  return Object.hasOwn(rows, hostname) ? rows[hostname] : undefined
}

export function withoutResponses(dialects: ReadonlySet<Dialect>): ReadonlySet<Dialect> {
  return new Set([...dialects].filter((dialect) => dialect !== 'openai-responses'))
}
