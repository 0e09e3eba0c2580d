// Token counts of OpenAI's answers: prompt and completion tokens in chat and completions, input and output tokens in
// Responses.
import { tokenCount, type Usage, usageOf } from '../../../../shared/chat/usage.ts'

/** Parses a `usage` member; undefined when it is not one. Negative and absurd numbers are ignored. */
export function parseUsage(usage: unknown): Usage | undefined {
  if (!isRecord(usage)) return undefined
  const input = tokenCount(usage['prompt_tokens']) ?? tokenCount(usage['input_tokens'])
  const output = tokenCount(usage['completion_tokens']) ?? tokenCount(usage['output_tokens'])
  const total = tokenCount(usage['total_tokens'])
  if (input === undefined && output === undefined) return total === undefined ? undefined : usageOf({ input: total })
  return detailed(usage, input ?? 0, output ?? 0, total)
}

function detailed(usage: Record<string, unknown>, input: number, output: number, total: number | undefined): Usage {
  const inputDetails = usage['prompt_tokens_details'] ?? usage['input_tokens_details']
  const outputDetails = usage['completion_tokens_details'] ?? usage['output_tokens_details']
  const cached = countIn(inputDetails, 'cached_tokens') ?? tokenCount(usage['prompt_cache_hit_tokens']) ?? 0
  const written = countIn(inputDetails, 'cache_write_tokens') ?? 0
  const reasoning = countIn(outputDetails, 'reasoning_tokens') ?? 0
  // Some hosts count reasoning beside the output instead of within it; their total shows which.
  const apart = total !== undefined && reasoning > 0 && total === input + output + reasoning
  return {
    input,
    output: apart ? output + reasoning : output,
    cached: Math.min(cached, input),
    cacheWrite5m: Math.min(written, input),
    cacheWrite1h: 0,
    reasoning: apart ? reasoning : Math.min(reasoning, output),
  }
}

function countIn(details: unknown, name: string): number | undefined {
  return isRecord(details) ? tokenCount(details[name]) : undefined
}

/** Prints usage for chat completions and legacy completions. */
export function printUsage({ input, output, cached, cacheWrite5m, cacheWrite1h, reasoning }: Usage): object {
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: cached, cache_write_tokens: cacheWrite5m + cacheWrite1h },
    completion_tokens_details: { reasoning_tokens: reasoning },
  }
}

const usageKey = Buffer.from('"usage"')
/** Google's key of the usage. */
export const usageMetadataKey = Buffer.from('"usageMetadata"')

/** Finds the counts of a unary answer without parsing it: the last `usage` object in its bytes. Inside a JSON string
 *  the quotes around the key would be escaped, so the search cannot match there. */
export function findUsage(body: Buffer): Usage | undefined
export function findUsage<Counts>(
  body: Buffer,
  parse: (usage: unknown) => Counts | undefined,
  key?: Buffer,
): Counts | undefined
export function findUsage(
  body: Buffer,
  parse: (usage: unknown) => unknown = parseUsage,
  key: Buffer = usageKey,
): unknown {
  for (let at = body.lastIndexOf(key); at >= 0; at = at === 0 ? -1 : body.lastIndexOf(key, at - 1)) {
    const usage = objectAfter(body, at + key.length)
    const counts = usage === undefined ? undefined : parse(usage)
    if (counts !== undefined) return counts
  }
  return undefined
}

/** Anthropic's usage lists every step of an answer that took several. */
const usageBytesMax = 16_384
const quote = 34
const open = 123
const close = 125

function objectAfter(body: Buffer, from: number): unknown {
  const start = body.indexOf(open, from)
  // Only a colon and spaces may stand between the key and its value.
  if (start < 0 || start - from > 16) return undefined
  let depth = 0
  for (let i = start; i < body.length && i - start < usageBytesMax; i++) {
    const byte = body[i]
    if (byte === quote) {
      i = body.indexOf(quote, i + 1)
      if (i < 0) return undefined
    } else if (byte === open) depth++
    else if (byte === close && --depth === 0) return parsed(body.toString('latin1', start, i + 1))
  }
  return undefined
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
