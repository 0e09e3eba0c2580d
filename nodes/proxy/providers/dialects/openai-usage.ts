// Token counts in OpenAI's answers: chat and completions say prompt/completion tokens, Responses says input/output.
import type { TokenCounts } from '../../../../shared/telemetry/records.ts'

/** The counts in a `usage` member; undefined when it is not one. Absurd or negative numbers do not count. */
export function parseUsage(usage: unknown): TokenCounts | undefined {
  if (!isRecord(usage)) return undefined
  const input = count(usage['prompt_tokens']) ?? count(usage['input_tokens'])
  const output = count(usage['completion_tokens']) ?? count(usage['output_tokens'])
  if (input === undefined && output === undefined) {
    const total = count(usage['total_tokens'])
    return total === undefined ? undefined : { input: total, output: 0, cached: 0 }
  }
  const details = usage['prompt_tokens_details'] ?? usage['input_tokens_details']
  const cached = isRecord(details) ? (count(details['cached_tokens']) ?? 0) : 0
  return { input: input ?? 0, output: output ?? 0, cached: Math.min(cached, input ?? 0) }
}

const usageKey = Buffer.from('"usage"')

/** Finds the counts of a unary answer without parsing it whole: the last `usage` object in its bytes. Inside a JSON
 *  string the quotes around the word would be escaped, so the pattern cannot match there. */
export function findUsage(body: Buffer): TokenCounts | undefined {
  for (let at = body.lastIndexOf(usageKey); at >= 0; at = at === 0 ? -1 : body.lastIndexOf(usageKey, at - 1)) {
    const usage = objectAfter(body, at + usageKey.length)
    const counts = usage === undefined ? undefined : parseUsage(usage)
    if (counts !== undefined) return counts
  }
  return undefined
}

const quote = 34
const open = 123
const close = 125

function objectAfter(body: Buffer, from: number): unknown {
  const start = body.indexOf(open, from)
  // Between the key and its value there is a colon and perhaps some space, nothing more.
  if (start < 0 || start - from > 16) return undefined
  let depth = 0
  for (let i = start; i < body.length && i - start < 4_096; i++) {
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

/** Larger than any context window by far: what exceeds it is a broken counter, not a count. */
const tokensMax = 1e9

function count(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 && value <= tokensMax ? Math.trunc(value) : undefined
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
