// Families of models, told by the name alone: a name that is newer than the catalogue still has a provider that serves it.

export interface ModelFamily {
  readonly pattern: RegExp
  /** Parts of the catalogue whose providers serve the whole family: its maker first. */
  readonly homes: readonly string[]
  /** Whether every model of the family takes a conversation as the newest of them does. */
  readonly isUniform?: boolean
}

const families: readonly ModelFamily[] = [
  { pattern: /^claude-/, homes: ['anthropic', 'amazon-bedrock', 'google-vertex'], isUniform: true },
  // The open weights of OpenAI are at other providers alone.
  {
    pattern:
      /^(?!gpt-oss)(gpt-|chatgpt-|o\d+($|-)|codex-|computer-use-|dall-e-|sora-|tts-1|whisper-1$|text-embedding-(3|ada)|(omni|text)-moderation-)/,
    homes: ['openai', 'azure'],
  },
  { pattern: /^(gemini-|imagen-|veo-|learnlm-|text-embedding-00\d)/, homes: ['google', 'google-vertex'] },
  { pattern: /^(command($|-)|embed-|rerank-|c4ai-)/, homes: ['cohere'] },
  { pattern: /^(mistral-|open-mi[sx]tral-|ministral-|magistral-|codestral-|devstral-|pixtral-)/, homes: ['mistral'] },
  { pattern: /^deepseek-(chat|reasoner|v\d)/, homes: ['deepseek'] },
  { pattern: /^grok-/, homes: ['xai'] },
  { pattern: /^sonar($|-)/, homes: ['perplexity'] },
]

/** `name` in lower case. */
export function familyOf(name: string): ModelFamily | undefined {
  return families.find(({ pattern }) => pattern.test(name))
}

/** The order in which the parts of the catalogue are asked for a name: makers, clouds, and then those that run what others made.
 *  A family's own `homes` go before. */
export const placesInOrder: readonly string[] = [
  ...['openai', 'anthropic', 'google', 'cohere', 'mistral', 'deepseek', 'xai', 'perplexity'],
  ...['amazon-bedrock', 'google-vertex', 'azure'],
  ...['groq', 'cerebras', 'togetherai', 'fireworks-ai', 'deepinfra', 'nvidia', 'ollama-cloud', 'openrouter'],
]

export function placeRank(place: string, family: ModelFamily | undefined): number {
  const home = family === undefined ? -1 : family.homes.indexOf(place)
  if (home >= 0) return home
  const at = placesInOrder.indexOf(place)
  return 10 + (at < 0 ? placesInOrder.length : at)
}
