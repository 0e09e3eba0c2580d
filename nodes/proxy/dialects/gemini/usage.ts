// Token counts of Google's answers: reasoning is counted beside the output, cached tokens within the input.
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import { tokenCount, type Usage } from '../../../../shared/chat/usage.ts'
import { isObject } from '../common/body-reader.ts'

/** Undefined when `value` is not a usage object. In a stream each report is cumulative: the last one counts. */
export function readGeminiUsage(value: Json): Usage | undefined {
  if (!isObject(value) || !counts.some((name) => isCount(value, name))) return undefined
  const count = (name: string, snake: string) => tokenCount(value[name] ?? value[snake]) ?? 0
  const input =
    count('promptTokenCount', 'prompt_token_count') + count('toolUsePromptTokenCount', 'tool_use_prompt_token_count')
  const reasoning = count('thoughtsTokenCount', 'thoughts_token_count')
  const output = count('candidatesTokenCount', 'candidates_token_count') + reasoning
  return {
    input,
    output,
    cached: Math.min(count('cachedContentTokenCount', 'cached_content_token_count'), input),
    cacheWrite5m: 0,
    cacheWrite1h: 0,
    reasoning,
  }
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

/** Gemini counts reasoning beside the candidates' tokens. */
export function printGeminiUsage({ input, output, cached, reasoning }: Usage): JsonObject {
  return {
    promptTokenCount: input,
    candidatesTokenCount: output - reasoning,
    totalTokenCount: input + output,
    ...(cached > 0 ? { cachedContentTokenCount: cached } : {}),
    ...(reasoning > 0 ? { thoughtsTokenCount: reasoning } : {}),
  }
}
