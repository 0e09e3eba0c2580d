// What a whole answer reports of its usage, where its bytes pass through. What is charged beside the tokens is looked for only where the
// price knows it, and a body is parsed only where it may hold searches.
import type { Usage } from '../../../shared/chat/usage.ts'
import { tryParseExact } from '../../../shared/json/exact.ts'
import type { ChargedCalls } from '../../../shared/usage/charged-calls.ts'
import { readAnthropicUsage, usageOfAnthropic } from '../dialects/anthropic/usage.ts'
import { isObject } from '../dialects/common/body-reader.ts'
import { readGeminiUsage, searchesIn } from '../dialects/gemini/usage.ts'
import { findTier, findUsage, usageMetadataKey } from '../dialects/openai/find-usage.ts'
import { callsInOutput } from '../dialects/openai/usage-places.ts'
import type { Operation } from '../operations/operation.ts'

/** Whether a price knows what is charged beside the tokens. */
export interface ChargedBeside {
  readonly tiers: { readonly size: number }
  readonly calls: { readonly size: number }
}

/** The usage that an answer reports; undefined where it reports none. */
export function reportedUsage(
  { dialect }: Operation,
  bytes: Buffer,
  price: ChargedBeside | undefined,
): Usage | undefined {
  const hasTiers = price !== undefined && price.tiers.size > 0
  const hasCalls = price !== undefined && price.calls.size > 0
  switch (dialect) {
    case 'anthropic':
      return findUsage(bytes, anthropicUsage)
    case 'gemini': {
      const usage = findUsage(bytes, readGeminiUsage, usageMetadataKey)
      if (usage !== undefined && hasCalls) usage.calls = callsFound(bytes, groundingMark, searchesIn)
      return usage
    }
    default: {
      const usage = findUsage(bytes)
      if (usage === undefined) return undefined
      if (hasTiers) usage.tier = findTier(bytes)
      if (hasCalls && dialect === 'openai-responses') usage.calls ??= callsFound(bytes, searchMark, searchesOf)
      return usage
    }
  }
}

const groundingMark = 'webSearchQueries"'
const searchMark = '_search_call"'

function callsFound(
  bytes: Buffer,
  mark: string,
  read: (body: Readonly<Record<string, unknown>>) => ChargedCalls | undefined,
): ChargedCalls | undefined {
  if (!bytes.includes(mark)) return undefined
  const body = tryParseExact(bytes.toString('utf8'))
  return isObject(body) ? read(body) : undefined
}

function searchesOf({ output }: Readonly<Record<string, unknown>>): ChargedCalls | undefined {
  return callsInOutput(output)
}

function anthropicUsage(value: unknown): Usage | undefined {
  const counts = readAnthropicUsage(value)
  return counts === undefined ? undefined : usageOfAnthropic(counts)
}
