// Token counts in Google's answers: thoughts are told beside the output, cached tokens within the input.
import type { Json } from '../../../../shared/chat/parts.ts'
import { tokenCount, type Usage } from '../../../../shared/chat/usage.ts'
import { isObject } from './body-reader.ts'

/** Undefined for what is no usage. In a stream each tells all so far: the last one counts. */
export function readGeminiUsage(value: Json): Usage | undefined {
  if (!isObject(value)) return undefined
  const count = (name: string) => tokenCount(value[name]) ?? 0
  const input = count('promptTokenCount') + count('toolUsePromptTokenCount')
  const reasoning = count('thoughtsTokenCount')
  const output = count('candidatesTokenCount') + reasoning
  if (input === 0 && output === 0) return undefined
  return {
    input,
    output,
    cached: Math.min(count('cachedContentTokenCount'), input),
    cacheWrite5m: 0,
    cacheWrite1h: 0,
    reasoning,
  }
}
