// Token counts of Google's answers: reasoning is counted beside the output, cached tokens within the input.
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import { mediaTokens, tierOf, tokenCount, type Usage } from '../../../../shared/chat/usage.ts'
import type { ChargedCalls } from '../../../../shared/usage/charged-calls.ts'
import { isObject } from '../common/body-reader.ts'
import { modalityCount, printModalities } from './modalities.ts'

/** The usage that `value` reports; undefined when it is not a usage object. Reports of a stream are cumulative: the last one counts. */
export function readGeminiUsage(value: Json): Usage | undefined {
  if (!isObject(value) || !counts.some((name) => isCount(value, name))) return undefined
  const count = (name: string, snake: string) => tokenCount(value[name] ?? value[snake]) ?? 0
  const prompt = count('promptTokenCount', 'prompt_token_count')
  const used = count('toolUsePromptTokenCount', 'tool_use_prompt_token_count')
  const thoughts = count('thoughtsTokenCount', 'thoughts_token_count')
  const said = count('candidatesTokenCount', 'candidates_token_count')
  const { input, output, reasoning } = fitted(
    { prompt, used, said, thoughts },
    count('totalTokenCount', 'total_token_count'),
  )
  return {
    input,
    output,
    cached: Math.min(count('cachedContentTokenCount', 'cached_content_token_count'), input),
    cacheWrite5m: 0,
    cacheWrite1h: 0,
    reasoning,
    media: mediaIn(value),
    calls: undefined,
    // The Gemini API tells a tier, Vertex AI a type of traffic.
    tier: tierOf(value['serviceTier'] ?? value['service_tier'] ?? value['trafficType'] ?? value['traffic_type']),
  }
}

interface Counted {
  readonly prompt: number
  /** The tokens of tools that Google ran. */
  readonly used: number
  readonly said: number
  readonly thoughts: number
}

/** The counts of Google, of which the total tells what is within what: some hosts count thoughts within the output and tools within the
 *  prompt (BerriAI/litellm, `is_candidate_token_count_inclusive`), and leave out counts that the total has (vercel/ai#6082). */
function fitted({ prompt, used, said, thoughts }: Counted, total: number) {
  const areThoughtsWithin = thoughts > 0 && said >= thoughts && prompt + used + said === total
  const areToolsWithin = used > 0 && prompt >= used && prompt + said + thoughts === total
  const input = areToolsWithin ? prompt : prompt + used
  const output = areThoughtsWithin ? said : said + thoughts
  const untold = Math.max(0, total - input - output)
  if (untold === 0 || prompt === 0) return { input, output, reasoning: thoughts }
  return { input, output: output + untold, reasoning: said > 0 && thoughts === 0 ? untold : thoughts }
}

function mediaIn(value: JsonObject): Usage['media'] {
  const prompt = value['promptTokensDetails'] ?? value['prompt_tokens_details']
  const tools = value['toolUsePromptTokensDetails'] ?? value['tool_use_prompt_tokens_details']
  const candidates = value['candidatesTokensDetails'] ?? value['candidates_tokens_details']
  const cached = value['cacheTokensDetails'] ?? value['cache_tokens_details']
  if (prompt === undefined && candidates === undefined) return undefined
  return mediaTokens({
    audioInput: modalityCount(prompt, 'AUDIO') + modalityCount(tools, 'AUDIO'),
    imageInput: modalityCount(prompt, 'IMAGE') + modalityCount(tools, 'IMAGE'),
    audioOutput: modalityCount(candidates, 'AUDIO'),
    imageOutput: modalityCount(candidates, 'IMAGE'),
    cachedAudio: cached === undefined ? undefined : modalityCount(cached, 'AUDIO'),
    cachedImage: cached === undefined ? undefined : modalityCount(cached, 'IMAGE'),
  })
}

const outputCounts = ['candidatesTokenCount', 'candidates_token_count', 'thoughtsTokenCount', 'thoughts_token_count']
const counts = ['promptTokenCount', 'prompt_token_count', 'totalTokenCount', 'total_token_count', ...outputCounts]

/** Whether a report says anything of the output. Zero is left out of JSON, so at the end of an answer silence means zero. */
export function tellsOutput(value: Json): boolean {
  return isObject(value) && outputCounts.some((name) => isCount(value, name))
}

function isCount(value: JsonObject, name: string): boolean {
  return tokenCount(value[name]) !== undefined
}

/** The searches behind the candidates of an answer or a chunk. Older models are charged by the prompt, newer ones by the search. */
export function searchesIn({ candidates }: JsonObject): ChargedCalls | undefined {
  let webSearches = 0
  for (const candidate of Array.isArray(candidates) ? candidates : []) {
    const grounding = isObject(candidate)
      ? (candidate['groundingMetadata'] ?? candidate['grounding_metadata'])
      : undefined
    const queries = isObject(grounding) ? (grounding['webSearchQueries'] ?? grounding['web_search_queries']) : undefined
    if (Array.isArray(queries)) webSearches += queries.filter((query) => query !== '').length
  }
  return webSearches === 0 ? undefined : { webSearches, groundedPrompts: 1 }
}

/** Gemini counts reasoning beside the candidates' tokens. */
export function printGeminiUsage({ input, output, cached, reasoning, media }: Usage): JsonObject {
  return {
    promptTokenCount: input,
    candidatesTokenCount: output - reasoning,
    totalTokenCount: input + output,
    ...(cached > 0 ? { cachedContentTokenCount: cached } : {}),
    ...(reasoning > 0 ? { thoughtsTokenCount: reasoning } : {}),
    ...(media === undefined ? {} : printModalities(media, { prompt: input, candidates: output - reasoning })),
  }
}
